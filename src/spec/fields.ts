import * as z from 'zod';
import { DURATION_PATTERN, parseDuration } from '../lib/duration.ts';
import { LIMITS } from './defaults.ts';
import { foundAndAllowed, joinAnd, joinOr, nearest, showValue } from './words.ts';

/**
 * The building blocks of the schema. Each says in its own words what is allowed, and emits a JSON Schema that a
 * Kubernetes API server takes: no `oneOf`, no look-ahead (`(?=`) in patterns.
 */

type Issue = { readonly input?: unknown };

/** Passed to a type and to each check on it, so that every way to fail gives the same sentence. */
function refuse(allowed: string): { error: (issue: Issue) => string } {
  return { error: (issue) => foundAndAllowed(issue.input, allowed) };
}

/** `found "Httproute", did you mean "HTTPRoute"? allowed: Ingress or HTTPRoute` */
function notAmong(value: unknown, values: readonly string[]): string {
  const meant = typeof value === 'string' ? nearest(value, values) : undefined;
  if (meant === undefined) return foundAndAllowed(value, joinOr(values));
  return `found ${showValue(value)}, did you mean "${meant}"? allowed: ${joinOr(values)}`;
}

/** An object that refuses unknown fields; `parse` puts the words to those. */
export function object<Shape extends z.ZodRawShape>(
  shape: Shape,
  allowed = `an object with ${joinAnd(Object.keys(shape))}`,
) {
  return z.strictObject(shape, refuse(allowed));
}

/** An object with exactly one of the given fields: a union as the Kubernetes API conventions write it. */
export function oneOf<Shape extends z.ZodRawShape>(what: string, shape: Shape) {
  return oneOfBeside(what, shape, {});
}

/** As `oneOf`, with further fields that say more of one of them; with which of them they go is checked elsewhere. */
export function oneOfBeside<Shape extends z.ZodRawShape, Beside extends z.ZodRawShape>(
  what: string,
  shape: Shape,
  beside: Beside,
) {
  const allowed = Object.keys(shape);
  const more = Object.keys(beside);
  return z
    .strictObject({ ...shape, ...beside }, refuse(`a ${what} with one of ${joinOr(allowed)}`))
    .partial()
    .check((context) => {
      const found = Object.keys(context.value).filter((key) => !more.includes(key));
      // An unknown field has its own issue; it may well be the one that was meant.
      if (found.length === 1 || context.issues.length > 0) return;
      const message =
        found.length === 0
          ? `found ${showValue(context.value)}; write a ${what} with one of ${joinOr(allowed)}`
          : `found ${joinAnd(found)} in one ${what}; write one of them`;
      context.issues.push({ code: 'custom', message, input: context.value });
    })
    .meta({ minProperties: 1, maxProperties: 1 + more.length });
}

export function list<Item extends z.ZodType>(item: Item, what: string, limit: number) {
  const bounds = refuse(`a list of 1 to ${limit} ${what}`);
  return z.array(item, bounds).min(1, bounds).max(limit, bounds);
}

export function literal<Value extends string>(value: Value, note = '') {
  return z.literal(value, refuse(`${JSON.stringify(value)}${note}`));
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: ({ input }) => notAmong(input, values) });
}

export function integer(minimum: number, maximum: number) {
  const bounds = refuse(`a whole number from ${minimum} to ${maximum}`);
  return z.int(bounds).min(minimum, bounds).max(maximum, bounds);
}

export function text(pattern: RegExp, options: { maximum: number; allowed: string }) {
  const bounds = refuse(options.allowed);
  return z.string(bounds).max(options.maximum, bounds).regex(pattern, bounds);
}

/** Free names with free values, as for Kubernetes labels and annotations. */
export function strings() {
  return z.record(z.string(), z.string(refuse('a string, in quotes')), refuse('an object whose values are strings'));
}

/** Labels of a cluster to compare with: keys and values as Kubernetes allows them. */
export function labels() {
  const value = text(/^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/, {
    maximum: LIMITS.label,
    allowed: `the value of a label: letters, digits, -, _ and ., at most ${LIMITS.label} characters, such as "eu"`,
  });
  const bounds = refuse(`an object with at most ${LIMITS.selectorParts} labels, such as {region: eu}`);
  return z
    .record(z.string(), value, bounds)
    .check((context) => {
      const keys = Object.keys(context.value);
      if (keys.length > LIMITS.selectorParts) {
        context.issues.push({ code: 'custom', message: bounds.error({ input: context.value }), input: context.value });
      }
      for (const key of keys.filter((each) => !isLabelKey(each))) {
        context.issues.push({ code: 'custom', message: foundAndAllowed(key, LABEL_KEY), input: key, path: [key] });
      }
    })
    .meta({ maxProperties: LIMITS.selectorParts });
}

const LABEL_KEY = 'the key of a label, such as "region" or "topology.kubernetes.io/region"';
const LABEL_KEY_PATTERN = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** `region` or `topology.kubernetes.io/region` */
export function labelKey() {
  return text(LABEL_KEY_PATTERN, { maximum: LIMITS.labelKey, allowed: LABEL_KEY });
}

function isLabelKey(key: string): boolean {
  return key.length <= LIMITS.labelKey && LABEL_KEY_PATTERN.test(key);
}

/** The name of most Kubernetes objects: a DNS subdomain. */
export function objectName(what: string, example: string) {
  return text(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, {
    maximum: LIMITS.host,
    allowed: `the name of ${what}, such as "${example}"`,
  });
}

/** RFC 1123 label, as Kubernetes has it for names of namespaces and Services. */
export function dnsLabel() {
  return text(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, {
    maximum: LIMITS.label,
    allowed: `a DNS label: lower-case letters, digits and -, at most ${LIMITS.label} characters, such as "shop"`,
  });
}

/** A path of a URL: printable ASCII without a space, so that a backend's identity can be read back. */
export function path() {
  return text(/^\/[!-~]*$/, {
    maximum: LIMITS.path,
    allowed: `a path that begins with /, without spaces, at most ${LIMITS.path} characters`,
  });
}

/** A duration within bounds; the parsed value is in seconds. */
export function duration(minimum: string, maximum: string) {
  const allowed = `a duration from ${minimum} to ${maximum}, such as "30s", "10m" or "1h30m"`;
  const bounds = refuse(allowed);
  return z
    .string(bounds)
    .regex(DURATION_PATTERN, bounds)
    .transform((value, context) => {
      const seconds = parseDuration(value);
      if (seconds !== undefined && seconds >= secondsOf(minimum) && seconds <= secondsOf(maximum)) return seconds;
      const problem = seconds === undefined ? ', which is no whole number of seconds' : '';
      const message = `found ${showValue(value)}${problem}; allowed: ${allowed}`;
      context.issues.push({ code: 'custom', message, input: value });
      return z.NEVER;
    });
}

/** Seconds of a duration that stands in this code. */
export function secondsOf(constant: string): number {
  const seconds = parseDuration(constant);
  if (seconds === undefined) throw new Error(`${constant} is no duration`);
  return seconds;
}
