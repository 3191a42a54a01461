import { compareText } from '../../../plan/backend-id.ts';
import type { Backend } from '../../../spec/types.ts';
import type { LeafIntent, ReadinessTarget } from '../leaf.ts';
import type { ProbeAs } from './kind.ts';

/** A backend and its part of what one object takes in, relative to the others. */
export interface Weighted {
  readonly backend: Backend;
  readonly weight: number;
}

/**
 * How an object splits between its backends, in order of name: by their shares; when the cluster has none (it is tried
 * before it gets traffic), as the spec weighs them; when that is nothing either, evenly. Never all 0.
 */
export function weighted(backends: LeafIntent['backends']): readonly Weighted[] {
  const byName = backends.toSorted((left, right) => compareText(left.backend.name, right.backend.name));
  if (byName.some(({ share }) => share > 0)) {
    return byName.map(({ backend, share }) => ({ backend, weight: share }));
  }
  const hasWeights = byName.some(({ backend }) => backend.weight > 0);
  return byName.map(({ backend }) => ({ backend, weight: hasWeights ? backend.weight : 1 }));
}

/** The one backend of an object that cannot split: of several, the one with the most traffic. */
export function onlyBackend(backends: LeafIntent['backends']): Backend {
  const [first, ...rest] = backends;
  if (!first) throw new Error('a leaf was to be made for no backend');
  return rest.reduce((most, each) => (each.share > most.share ? each : most), first).backend;
}

/** The hostname, and a second one that reaches this one cluster, so that it can be tried while its share is 0. */
export function clusterHost(cluster: string, host: string): string {
  return `${cluster}.${host}`;
}

/** A probe for the hostname; enough for an object with one backend. */
export function probeByHost({ health, host }: ReadinessTarget): ProbeAs {
  const asked = health.probe.kind === 'tcp' ? undefined : health.probe.hostHeader;
  return { hostHeader: asked ?? host, headers: {} };
}
