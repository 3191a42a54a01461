import type { SpecIssue } from './types.ts';

/** Deep equality of plain JSON, whatever the order of fields: an apply that changes nothing is no new generation. */
export function specEquals(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [a, b] = [new Map(Object.entries(left)), new Map(Object.entries(right))];
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && specEquals(value, b.get(key)));
}

/** One readable text of several lines, for Temporal failures and the CLI. */
export function formatIssues(issues: readonly SpecIssue[]): string {
  return issues.map(({ path, message }) => `${path === '' ? 'document' : path}: ${message}`).join('\n');
}
