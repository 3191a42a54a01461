import { isRecord, type JsonObject } from './objects.ts';

type Step = string | number;

/** What is at a path in a value from the wire: `at(object, 'spec', 'rules', 0, 'host')`; undefined when there is nothing. */
export function at(value: unknown, ...path: readonly Step[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof step === 'number') found = Array.isArray(found) ? found[step] : undefined;
    // Own fields only: `constructor` is a fine name for a label.
    else found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}

export function textAt(value: unknown, ...path: readonly Step[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly Step[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function recordAt(value: unknown, ...path: readonly Step[]): JsonObject | undefined {
  const found = at(value, ...path);
  return isRecord(found) ? found : undefined;
}

/** The list at a path; empty when there is none. */
export function listAt(value: unknown, ...path: readonly Step[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** meta/v1 Condition, as far as it is there. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** The condition of a type in the list at a path: `conditionAt(gateway, 'Programmed', 'status', 'conditions')`. */
export function conditionAt(value: unknown, type: string, ...path: readonly Step[]): Condition | undefined {
  const found = listAt(value, ...path).find((one) => textAt(one, 'type') === type);
  if (found === undefined) return undefined;
  const observedGeneration = numberAt(found, 'observedGeneration');
  return {
    type,
    status: textAt(found, 'status') ?? 'Unknown',
    reason: textAt(found, 'reason') ?? '',
    message: textAt(found, 'message') ?? '',
    ...(observedGeneration !== undefined && { observedGeneration }),
  };
}

/**
 * Since when a condition has had its status, RFC 3339: what the list of conditions says, or now when the status is another
 * one. Kubernetes API conventions: `lastTransitionTime` moves with the status and with nothing else.
 */
export function transitionTime(
  conditions: readonly unknown[],
  { type, status }: { readonly type: string; readonly status: string },
  now: Date,
): string {
  const same = conditions.find((one) => textAt(one, 'type') === type && textAt(one, 'status') === status);
  return textAt(same, 'lastTransitionTime') ?? now.toISOString();
}
