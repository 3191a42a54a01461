import { joinAnd } from '../spec/words.ts';
import { backendId, backendIds, compareText } from './backend-id.ts';
import { type BackendNames, percentText } from './explain.ts';
import { ALL, isEmpty, sameShares } from './shares.ts';
import type { Allocation, BackendId, Shares } from './types.ts';

/** Ready endpoints by backend; who is not listed is not known. */
export type Endpoints = Readonly<Record<BackendId, number>>;

/** A way back, and what is known of how much those can bear who get traffic again. */
export interface WayBack {
  readonly current: Allocation;
  readonly target: Allocation;
  /** What served when the generation completed that is gone back to. */
  readonly completed: { readonly shares: Shares; readonly endpoints: Endpoints };
}

/** The most that backends may have, basis points; who is not listed is not bounded. */
export type Bounds = Readonly<Record<BackendId, number>>;

/** A move that is smaller is not worth a revision of its own: one percentage point. */
const LEAST_STEP = 100;

/** Backends that get traffic again, and bear no more of it than their endpoints do. */
export function boundedBackends({ current, target, completed: { shares, endpoints } }: WayBack): readonly BackendId[] {
  return backendIds(target.shares).filter((id) => {
    const isRising = shareOf(target, id) > shareOf(current, id);
    return isRising && (shares[id] ?? 0) > 0 && (endpoints[id] ?? 0) > 0;
  });
}

/** What these endpoints bear: of the share that a backend had when it was all right, as much as it has of the endpoints of then. */
export function boundsOf(way: WayBack, ready: Endpoints): Bounds {
  const bounded = boundedBackends(way).filter((id) => ready[id] !== undefined);
  const { shares, endpoints } = way.completed;
  const bound = (id: BackendId) => Math.floor(((shares[id] ?? 0) * (ready[id] ?? 0)) / (endpoints[id] ?? 1));
  return Object.fromEntries(bounded.map((id) => [id, bound(id)]));
}

/**
 * As far from `current` to `target` as the bounds let those go that get traffic again; one that is above its bound already
 * keeps what it has. What they cannot bear stays where it is: in the same cluster first, so that the split between clusters
 * changes no more than it must.
 */
export function boundedBack({ current, target }: Pick<WayBack, 'current' | 'target'>, bounds: Bounds): Allocation {
  if (isEmpty(current)) return target;
  const { backends } = target;
  const parts = backends.map((backend): Part => {
    const id = backendId(backend);
    const [now, wanted] = [shareOf(current, id), shareOf(target, id)];
    const allowed = Math.min(wanted, bounds[id] ?? ALL);
    return { id, cluster: backend.cluster, now, rise: Math.max(0, allowed - now), excess: Math.max(0, now - wanted) };
  });
  const within = [...Map.groupBy(parts, ({ cluster }) => cluster).values()].flatMap((own) => {
    return give(own, Math.min(sumOf(own, 'rise'), sumOf(own, 'excess')));
  });
  const left = sumOf(parts, 'rise') - (sumOf(parts, 'excess') - sumOf(within, 'excess'));
  const shares = Object.fromEntries(give(within, left).map(({ id, now, rise }) => [id, now + rise]));
  return { backends, shares };
}

/** Whether a move is worth making: a percentage point at least, or all that is left. */
export function isWorthwhile({ current, target }: Pick<WayBack, 'current' | 'target'>, next: Allocation): boolean {
  if (sameShares(next.shares, target.shares)) return true;
  const moved = backendIds(next.shares).map((id) => Math.max(0, shareOf(next, id) - shareOf(current, id)));
  return moved.reduce((sum, each) => sum + each, 0) >= LEAST_STEP;
}

/** Who is held back by its endpoints, in words: `v1 has 2 of 5, which bear 40 %`. */
export function heldBackText(way: WayBack, ready: Endpoints, names: BackendNames): string {
  const bounds = boundsOf(way, ready);
  const held = backendIds(bounds).filter((id) => (bounds[id] ?? 0) < shareOf(way.target, id));
  const text = (id: BackendId) => `${names[id] ?? id} has ${ratio(way, ready, id)}, which bear`;
  return joinAnd(held.map((id) => `${text(id)} ${percentText(bounds[id] ?? 0)}`));
}

/** What a step back comes to, in words: `v1 back to 40 %: 2 of 5 endpoints are ready`. */
export function backStepText(
  { next, ...way }: WayBack & { readonly next: Allocation },
  ready: Endpoints,
  names: BackendNames,
): string {
  const rising = backendIds(next.shares).filter((id) => shareOf(next, id) > shareOf(way.current, id));
  const texts = rising.map((id) => {
    return `${names[id] ?? id} back to ${percentText(shareOf(next, id))}${whyBorne(way, ready, id)}`;
  });
  return texts.join('; ');
}

function whyBorne(way: WayBack, ready: Endpoints, id: BackendId): string {
  if (!boundedBackends(way).includes(id)) return '';
  return ready[id] === undefined
    ? ': its cluster does not say how many endpoints are ready'
    : `: ${ratio(way, ready, id)} endpoints are ready`;
}

function ratio({ completed }: WayBack, ready: Endpoints, id: BackendId): string {
  return `${ready[id] ?? 0} of ${completed.endpoints[id] ?? 0}`;
}

interface Part {
  readonly id: BackendId;
  readonly cluster: string;
  readonly now: number;
  /** What it gets. */
  readonly rise: number;
  /** What it has and should not have. */
  readonly excess: number;
}

/** Takes `amount`, which is no more than there is, from those that have an excess, in proportion and in whole basis points. */
function give(parts: readonly Part[], amount: number): readonly Part[] {
  const total = sumOf(parts, 'excess');
  if (total === 0) return parts;
  const exact = parts.map(({ id, excess }) => ({
    id,
    floor: Math.floor((amount * excess) / total),
    rest: (amount * excess) % total,
  }));
  const left = amount - exact.reduce((sum, { floor }) => sum + floor, 0);
  const ranked = exact.toSorted((a, b) => b.rest - a.rest || compareText(a.id, b.id));
  const given = new Map(ranked.map(({ id, floor }, rank) => [id, floor + (rank < left ? 1 : 0)]));
  return parts.map((part) => {
    const own = given.get(part.id) ?? 0;
    return { ...part, now: part.now - own, excess: part.excess - own };
  });
}

function sumOf(parts: readonly Part[], field: 'rise' | 'excess'): number {
  return parts.reduce((sum, part) => sum + part[field], 0);
}

function shareOf({ shares }: Allocation, id: BackendId): number {
  return shares[id] ?? 0;
}
