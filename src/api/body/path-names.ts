import type { SpecIssue } from '../../spec/types.ts';
import { showValue } from '../../spec/words.ts';
import { invalidProblem } from '../problem.ts';

const FIELDS = ['namespace', 'name'] as const;

type Names = Readonly<Record<(typeof FIELDS)[number], string>>;

/** The document with the name and the namespace of the path filled in; refused when it says others. */
export function withPathNames(document: unknown, names: Names): unknown {
  if (!isRecord(document)) {
    const found = document === undefined || document === null ? 'nothing' : showValue(document);
    throw invalidProblem('the body is no FederatedIngress', [
      { path: '', message: `found ${found}; allowed: an object with apiVersion, kind, metadata and spec` },
    ]);
  }
  const metadata = document['metadata'] ?? {};
  // The schema says what is wrong with metadata that is no object.
  if (!isRecord(metadata)) return document;
  const issues = FIELDS.flatMap((field) => mismatch(field, metadata[field], names[field]));
  if (issues.length > 0) throw invalidProblem('the body is not what the path names', issues);
  return { ...document, metadata: { ...metadata, namespace: names.namespace, name: names.name } };
}

function mismatch(field: string, found: unknown, wanted: string): readonly SpecIssue[] {
  if (found === undefined || found === null || found === wanted) return [];
  const message = `found ${showValue(found)}; allowed: ${JSON.stringify(wanted)} as in the path, or leave it out`;
  return [{ path: `metadata.${field}`, message }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
