import { Composer, CST, type Document, LineCounter, Parser } from 'yaml';
import { formatPath } from '../../spec/issues.ts';
import type { Parsed, SpecIssue } from '../../spec/types.ts';

export type TextFormat = 'json' | 'yaml';

/**
 * More than any document here needs; what is past them is an attack or a mistake. They are checked before the YAML is
 * composed: the composer's time grows with the square of the keys of a map, and explodes with keys nested in keys.
 */
const MAX_DEPTH = 32;
const MAX_ENTRIES = 1_000;
/** How many values the aliases of a YAML document may stand for, as the parser counts them (nested ones multiply). */
const MAX_ALIASES = 100;
/** Names that reach an object's prototype when a program copies fields carelessly. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

const TOO_DEEP = `nested deeper than ${MAX_DEPTH} levels`;
const TOO_MANY = `more than ${MAX_ENTRIES} entries in one list or map`;

/** The plain JSON value of a text, or what is wrong with the text and where. */
export function parseDocumentText(source: string, format: TextFormat): Parsed<unknown> {
  const parsed = format === 'json' ? parseJson(source) : parseYaml(source);
  if (parsed.kind === 'invalid') return parsed;
  const issue = findExcess(parsed.value, []);
  return issue === undefined ? parsed : { kind: 'invalid', issues: [issue] };
}

function parseJson(source: string): Parsed<unknown> {
  try {
    return { kind: 'valid', value: JSON.parse(source) };
  } catch (error) {
    // V8's words: what it found, at which line and column.
    return invalid(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parseYaml(source: string): Parsed<unknown> {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(source)];
  const excess = tokens.map((token) => findExcessToken(token, 0)).find((found) => found !== undefined);
  if (excess !== undefined) return invalid(`${excess.message}, ${place(lines, excess.offset)}`);
  // Pretty errors copy the text around each error; with thousands of errors that takes minutes.
  const options = { version: '1.2', schema: 'core', prettyErrors: false, stringKeys: true, logLevel: 'error' } as const;
  const [first, second] = [...new Composer(options).compose(tokens)];
  if (first === undefined) return invalid('the text is empty');
  const fault = first.errors[0] ?? first.warnings[0];
  if (fault !== undefined) return invalid(`not YAML: ${fault.message}, ${place(lines, fault.pos[0])}`);
  if (second !== undefined) {
    return invalid(`more than one YAML document, ${place(lines, second.range[0])}; send one at a time`);
  }
  return toValue(first);
}

function toValue(document: Document.Parsed): Parsed<unknown> {
  try {
    return { kind: 'valid', value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    // An alias without its anchor, or aliases that stand for too many values.
    if (error instanceof ReferenceError) return invalid(`not usable YAML: ${error.message}`);
    throw error;
  }
}

interface Excess {
  readonly message: string;
  readonly offset: number;
}

/** Looks through the syntax tree, which the parser builds in linear time and without recursion. */
function findExcessToken(token: CST.Token | null | undefined, depth: number): Excess | undefined {
  if (token === null || token === undefined) return undefined;
  if (token.type === 'document') {
    return hasManyMarks(token.start)
      ? { message: TOO_MANY, offset: token.offset }
      : findExcessToken(token.value, depth);
  }
  if (!CST.isCollection(token)) return undefined;
  if (depth >= MAX_DEPTH) return { message: TOO_DEEP, offset: token.offset };
  if (token.items.length > MAX_ENTRIES || token.items.some(({ start }) => hasManyMarks(start)))
    return { message: TOO_MANY, offset: token.offset };
  for (const { key, value } of token.items) {
    const excess = findExcessToken(key, depth + 1) ?? findExcessToken(value, depth + 1);
    if (excess !== undefined) return excess;
  }
  return undefined;
}

/** Commas, anchors and tags before an entry; each one too many is an error that the composer would collect. */
function hasManyMarks(start: readonly CST.SourceToken[]): boolean {
  if (start.length <= MAX_ENTRIES) return false;
  return start.filter(({ type }) => type === 'comma' || type === 'anchor' || type === 'tag').length > MAX_ENTRIES;
}

function findExcess(value: unknown, path: readonly (string | number)[]): SpecIssue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  // Also the end of a YAML anchor that holds an alias of itself.
  if (path.length >= MAX_DEPTH) return { path: formatPath(path), message: TOO_DEEP };
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  if (entries.length > MAX_ENTRIES) return { path: formatPath(path), message: TOO_MANY };
  for (const [key, item] of entries) {
    const at = [...path, key];
    if (FORBIDDEN_KEYS.has(String(key))) return { path: formatPath(at), message: 'a field may not have this name' };
    const issue = findExcess(item, at);
    if (issue !== undefined) return issue;
  }
  return undefined;
}

function place(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}

function invalid(message: string): Parsed<never> {
  return { kind: 'invalid', issues: [{ path: '', message }] };
}
