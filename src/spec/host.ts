import * as z from 'zod';
import { LIMITS } from './defaults.ts';
import { showValue } from './words.ts';

/** Two labels or more, each of letters, digits and inner hyphens. RE2-safe. */
const HOST_PATTERN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const ALLOWED = `a hostname in lower case with at least one dot, at most ${LIMITS.host} characters, such as "shop.example.com"`;

/** The global hostname: lower-case A-labels (RFC 5890), no trailing dot. */
export function host() {
  const bounds = { error: (issue: { readonly input?: unknown }) => hostMessage(issue.input) };
  return z
    .string(bounds)
    .max(LIMITS.host, bounds)
    .regex(HOST_PATTERN, bounds)
    .refine((value) => !isAddress(value), bounds);
}

function hostMessage(value: unknown): string {
  if (value === undefined) return `missing; write ${ALLOWED}`;
  const problem = typeof value === 'string' ? problemOf(value) : undefined;
  return `found ${showValue(value)}${problem === undefined ? '' : `: ${problem}`}; allowed: ${ALLOWED}`;
}

/** The likely mistakes, most telling first. */
function problemOf(value: string): string | undefined {
  const labels = value.split('.');
  if (value.includes('*')) return 'wildcards are not supported, each hostname is delivered on its own';
  if (value.includes('://') || value.includes('/')) return 'this is a URL, only its hostname belongs here';
  if (value.includes(':')) return 'a port does not belong here';
  if (value.endsWith('.')) return 'leave out the dot at the end';
  if (/\P{ASCII}/u.test(value)) return 'write international labels in their ASCII form (xn--...)';
  if (value !== value.toLowerCase()) return 'write it in lower case';
  if (labels.some((label) => label.startsWith('_'))) return 'labels that begin with _ are reserved';
  if (labels.some((label) => label.length > LIMITS.label)) return `a label is longer than ${LIMITS.label} characters`;
  if (isAddress(value)) return 'an IP address is no hostname';
  return undefined;
}

/** A last label of digits only is an IPv4 address to every URL parser (WHATWG URL, "ends in a number"). */
function isAddress(value: string): boolean {
  return /(^|\.)[0-9]+$/.test(value);
}
