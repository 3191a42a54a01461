import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { formatIssues } from '../../spec/document.ts';
import { choice, text } from '../../spec/fields.ts';
import { toSpecIssues } from '../../spec/issues.ts';
import type { SpecIssue } from '../../spec/types.ts';
import { parseDocumentText } from '../body/document-text.ts';
import { type Auth, ROLES, type Token } from './auth.ts';

const MAX_TOKENS = 1_000;

/** Says what is allowed and not what was found, which may be a token that somebody put in the wrong place. */
const allowed = (words: string) => ({ error: () => `allowed: ${words}` });

const hash = allowed('the SHA-256 of the token as 64 lower-case hexadecimal digits, never the token itself');

const entry = z.strictObject(
  {
    // It goes into logs and into the history of each FederatedIngress.
    name: text(/^[A-Za-z0-9]([A-Za-z0-9._@-]*[A-Za-z0-9])?$/, {
      maximum: 63,
      allowed: 'letters, digits, ., _, @ and -, at most 63 characters, such as "alice" or "ci@shop"',
    }),
    role: choice(ROLES),
    sha256: z.string(hash).regex(/^[0-9a-f]{64}$/, hash),
  },
  allowed('an object with name, role and sha256'),
);

const listOfTokens = allowed(`a list of 1 to ${MAX_TOKENS} tokens`);
const tokensSchema = z.array(entry, listOfTokens).min(1, listOfTokens).max(MAX_TOKENS, listOfTokens);

export interface TokensFile {
  readonly auth: Extract<Auth, { kind: 'tokens' }>;
  /** What an operator should be told about the file, such as that others can read it. */
  readonly warnings: readonly string[];
}

/** Reads the list of {name, role, sha256}, YAML or JSON. Throws with every fault of the file by its path. */
export async function readTokensFile(path: string): Promise<TokensFile> {
  const [content, { mode }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
  return { auth: { kind: 'tokens', tokens: parseTokens(path, content) }, warnings: modeWarnings(path, mode) };
}

function parseTokens(path: string, content: string): readonly Token[] {
  const parsed = parseDocumentText(content, 'yaml');
  if (parsed.kind === 'invalid') throw fault(path, parsed.issues);
  const checked = tokensSchema.safeParse(parsed.value);
  if (!checked.success) throw fault(path, toSpecIssues(checked.error, tokensSchema));
  const issues = [...repeated(checked.data, 'name'), ...repeated(checked.data, 'sha256')];
  if (issues.length > 0) throw fault(path, issues);
  return checked.data;
}

/** The same name twice makes the log ambiguous; the same hash twice is one token with two roles. */
function repeated(tokens: readonly Token[], field: 'name' | 'sha256'): readonly SpecIssue[] {
  return tokens.flatMap((token, index) => {
    const first = tokens.findIndex((other) => other[field] === token[field]);
    if (first === index) return [];
    return [{ path: `[${index}].${field}`, message: `the same as [${first}].${field}; each must be there once` }];
  });
}

function fault(path: string, issues: readonly SpecIssue[]): Error {
  return new Error(`the tokens file ${path} is not right:\n${formatIssues(issues)}`);
}

function modeWarnings(path: string, mode: number): readonly string[] {
  // Windows has no such bits; there the mode says nothing.
  if (process.platform === 'win32' || (mode & 0o077) === 0) return [];
  const shown = (mode & 0o777).toString(8).padStart(4, '0');
  return [`the tokens file ${path} has mode ${shown}: others than its owner can reach it; run chmod 600 ${path}`];
}
