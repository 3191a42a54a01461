import * as z from 'zod';
import { LIMITS } from './defaults.ts';
import type { SpecIssue } from './types.ts';
import { joinOr, nearest, shorten, showValue } from './words.ts';

type Path = readonly PropertyKey[];

/** Turns what Zod found into SpecIssues: one a place, each at the path where a person has to change something. */
export function toSpecIssues(error: z.ZodError, schema: z.ZodType): readonly SpecIssue[] {
  const byPath = new Map<string, SpecIssue>();
  for (const issue of error.issues.flatMap((each) => translate(each, schema))) {
    // The first check that fails says it best: a host that is too long also misses its pattern.
    if (!byPath.has(issue.path)) byPath.set(issue.path, issue);
  }
  return [...byPath.values()];
}

/** The first problems, and how many are left. */
export function limitIssues(issues: readonly SpecIssue[]): readonly SpecIssue[] {
  const left = issues.length - LIMITS.issues;
  if (left <= 0) return issues;
  return [...issues.slice(0, LIMITS.issues), { path: '', message: `found ${left} more problems; correct these first` }];
}

/** `spec.backends[1].weight`, `metadata.labels["a.b/c"]` */
export function formatPath(path: Path): string {
  return path.map(formatSegment).join('').replace(/^\./, '');
}

function formatSegment(segment: PropertyKey): string {
  if (typeof segment === 'number') return `[${segment}]`;
  const key = shorten(String(segment));
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function translate(issue: z.core.$ZodIssue, schema: z.ZodType): readonly SpecIssue[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: formatPath(issue.path), message: issue.message }];
  const allowed = fieldsAt(schema, issue.path);
  return issue.keys.map((key) => ({
    path: formatPath([...issue.path, key]),
    message: unknownField(key, allowed),
  }));
}

function unknownField(key: string, allowed: readonly string[]): string {
  const meant = nearest(key, allowed);
  const hint = meant === undefined ? ';' : `, did you mean "${meant}"?`;
  return `found an unknown field ${showValue(key)}${hint} allowed: ${allowed.length === 0 ? 'none' : joinOr(allowed)}`;
}

/** The field names that the schema has at a path of the document. */
function fieldsAt(schema: z.ZodType, path: Path): readonly string[] {
  const at = path.reduce<z.ZodType | undefined>((current, segment) => current && child(current, segment), schema);
  const found = at === undefined ? undefined : unwrap(at);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function child(schema: z.ZodType, segment: PropertyKey): z.ZodType | undefined {
  const container = unwrap(schema);
  if (container instanceof z.ZodArray) return asType(container.element);
  if (container instanceof z.ZodObject) return asType(container.shape[String(segment)]);
  return undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  const inner = isWrapper ? asType(schema.unwrap()) : undefined;
  return inner === undefined ? schema : unwrap(inner);
}

function asType(schema: unknown): z.ZodType | undefined {
  return schema instanceof z.ZodType ? schema : undefined;
}
