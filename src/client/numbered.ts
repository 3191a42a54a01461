import type { Status } from '../workflows/status.ts';

/** Entries that a workflow of an older Sluice has written bear no number: they get those before the first that does. */
export function withNumbers(status: Status): Status {
  const { history } = status;
  const numbers = history.map((entry): number | undefined => entry.number);
  const first = numbers.findIndex((number) => number !== undefined);
  if (first === 0 || history.length === 0) return status;
  const base = first === -1 ? 1 : (numbers[first] ?? 1) - first;
  return {
    ...status,
    history: history.map((entry, index) => ({ ...entry, number: numbers[index] ?? base + index })),
  };
}
