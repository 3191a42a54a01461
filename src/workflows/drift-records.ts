import { sameLeaf } from '../plan/leaves.ts';
import type { LeafRef } from '../plan/types.ts';
import type { DriftField } from '../planes/leaf/leaf.ts';
import type { Backend } from '../spec/types.ts';
import type { Entity } from './entity.ts';
import type { DriftRecord } from './records.ts';

/** What is kept of drift, drifted now or lately. */
export function drifted(entity: Entity): readonly DriftRecord[] {
  return entity.drift ?? [];
}

export function driftOf(entity: Entity, ref: LeafRef): DriftRecord | undefined {
  return drifted(entity).find((record) => sameLeaf(record.ref, ref));
}

export function isDrifted(entity: Entity, ref: LeafRef): boolean {
  return (driftOf(entity, ref)?.fields.length ?? 0) > 0;
}

export function keepDrift(entity: Entity, record: DriftRecord): void {
  entity.drift = [...drifted(entity).filter(({ ref }) => !sameLeaf(ref, record.ref)), record];
}

/** Somebody has looked into it: leaves that were left alone may be taken back again. */
export function forgiveDrift(entity: Entity): void {
  if (!entity.drift) return;
  entity.drift = entity.drift.map(({ ref, fields }) => ({ ref, fields, takenBackAt: [] }));
}

/** What was changed in the leaves that serve a backend; a leaf but the main one is named in the path. */
export function driftFields(entity: Entity, backend: Backend, primary: LeafRef): readonly DriftField[] {
  return drifted(entity)
    .filter(({ ref }) => ref.cluster === backend.cluster && ref.namespace === backend.namespace)
    .flatMap(({ ref, fields }) =>
      fields.map((field) =>
        sameLeaf(ref, primary) ? field : { ...field, path: `${ref.kind}/${ref.name}${field.path}` },
      ),
    );
}

/** What to do about a leaf that differs. A copied certificate always follows that of the hub, or it would run out. */
export function policyFor(entity: Entity, ref: LeafRef): Entity['spec']['drift'] {
  return ref.kind === 'Secret' ? 'takeBack' : entity.spec.drift;
}

/** Leaves whose newest content could not be written: their clusters were away. */
export function pendingLeaves(entity: Entity): readonly LeafRef[] {
  return (entity.written ?? []).filter(({ pending }) => pending).map(({ intent }) => intent.ref);
}

/** Why no step begins: a leaf was changed, and it is not ours to undo that, or was tried often enough. */
export function heldByDrift(entity: Entity): { readonly reason: string; readonly message: string } | undefined {
  const contested = drifted(entity).find((record) => record.contested !== undefined && record.fields.length > 0);
  if (contested) {
    return { reason: 'DriftContested', message: `${describeDrift(contested)}; ${contested.contested}` };
  }
  const record = drifted(entity).find(({ ref, fields }) => fields.length > 0 && policyFor(entity, ref) === 'hold');
  return record && { reason: 'Drifted', message: `${describeDrift(record)}; waiting until that is undone` };
}

/** `Ingress default/shop in east was changed by kubectl-edit: .spec.rules wanted 2, found 1` */
export function describeDrift({ ref, fields }: Pick<DriftRecord, 'ref' | 'fields'>): string {
  const managers = [...new Set(fields.flatMap(({ manager }) => manager ?? []))];
  const by = managers.length === 0 ? '' : ` by ${managers.join(' and ')}`;
  const [first, ...more] = fields;
  if (!first) return `${leafText(ref)} is as it was written`;
  if (first.path === '') return `${leafText(ref)} was removed${by}`;
  const others = more.length === 0 ? '' : `, and ${more.length} more`;
  const change = `${first.path} wanted ${shorten(first.wanted)}, found ${shorten(first.found)}`;
  return `${leafText(ref)} was changed${by}: ${change}${others}`;
}

/** `HTTPRoute default/shop in west` */
export function leafText({ kind, namespace, name, cluster }: LeafRef): string {
  return `${kind} ${namespace}/${name} in ${cluster}`;
}

const LONGEST = 60;

function shorten(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
