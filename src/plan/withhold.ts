import type { Backend } from '../spec/types.ts';
import { backendId } from './backend-id.ts';
import { ALL, type Exact, isEmpty, roundByLargestRemainder, unionBackends } from './shares.ts';
import type { Allocation } from './types.ts';
import { sharesOnTheWay } from './waves.ts';

/** Whether any cluster but these could serve. */
export function canWithhold(backends: readonly Backend[], clusters: readonly string[]): boolean {
  return backends.some(({ cluster }) => !clusters.includes(cluster));
}

/**
 * Gives nothing to backends of these clusters, and their share to the others in proportion to what those have; to the others
 * equally when those have nothing. Unchanged when there are no others.
 */
export function withhold({ backends, shares }: Allocation, clusters: readonly string[]): Allocation {
  const others = backends.filter(({ cluster }) => !clusters.includes(cluster));
  if (others.length === 0 || others.length === backends.length) return { backends, shares };
  const weights = new Map(others.map((backend) => [backendId(backend), shares[backendId(backend)] ?? 0]));
  const sum = [...weights.values()].reduce((a, b) => a + b, 0);
  const exact = backends.map((backend): Exact => {
    const id = backendId(backend);
    const weight = weights.get(id);
    return [id, weight === undefined ? 0 : ALL * (sum === 0 ? 1 : weight)];
  });
  return { backends, shares: roundByLargestRemainder(exact, sum === 0 ? others.length : sum) };
}

/** What can still be reached when clusters have failed: they keep what they have, the others share what is left. */
export function leaveFailed(inForce: Allocation, wanted: Allocation, failed: readonly string[]): Allocation {
  if (failed.length === 0) return wanted;
  const isKept = ({ cluster }: Backend) => failed.includes(cluster);
  const staying = wanted.backends.filter((backend) => !isKept(backend));
  if (isEmpty(inForce)) return staying.length === 0 ? wanted : only(staying, withhold(wanted, failed));
  const progress = Object.fromEntries(
    unionBackends(inForce, wanted)
      .filter((backend) => !isKept(backend))
      .map(({ cluster }) => [cluster, 100]),
  );
  const shares = sharesOnTheWay({ live: inForce, desired: wanted, progress, fixed: failed });
  const serving = inForce.backends.filter((backend) => isKept(backend) || isNeeded(backend, staying, shares));
  return only([...staying, ...serving], { backends: [], shares });
}

/** Whether a backend that is not wanted any more has traffic all the same: nobody is there to take it. */
function isNeeded(backend: Backend, staying: readonly Backend[], shares: Allocation['shares']): boolean {
  const id = backendId(backend);
  return (shares[id] ?? 0) > 0 && !staying.some((other) => backendId(other) === id);
}

function only(backends: readonly Backend[], { shares }: Allocation): Allocation {
  const ids = backends.map(backendId).sort();
  return { backends, shares: Object.fromEntries(ids.map((id) => [id, shares[id] ?? 0])) };
}
