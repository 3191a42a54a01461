import type { Entity } from './entity.ts';

/** Clusters that get no traffic, whatever the spec says. */
export function withheldClusters({ withheld = [] }: Entity): readonly string[] {
  return withheld.map(({ cluster }) => cluster);
}

/** Those among them that cannot be written or asked. */
export function unreachableClusters({ withheld = [] }: Entity): readonly string[] {
  return withheld.flatMap(({ cluster, why }) => (why === 'unreachable' ? [cluster] : []));
}

/** What the spec does not name any more is drained for good. */
export function forgetWithheld(entity: Entity): void {
  const { withheld, spec } = entity;
  if (!withheld) return;
  entity.withheld = withheld.filter(({ cluster }) => spec.backends.some((backend) => backend.cluster === cluster));
}
