import { isIPv6 } from 'node:net';
import type { GlobalIngress, Target } from '../../../plan/global-ingress.ts';
import type { ServedHost, ServedTarget, TargetHealth } from '../served.ts';

export interface Knowledge {
  readonly addressesOf: (target: Target) => readonly string[];
  readonly healthOf: (cluster: string, address: string) => TargetHealth;
  /** What is said of a target that has no address, or is not to be probed. */
  readonly notProbed: TargetHealth;
}

/** What is answered for each target of a hostname, and whether health is left out of account. */
export function serveTargets(state: GlobalIngress, known: Knowledge): Pick<ServedHost, 'targets' | 'failsOpen'> {
  const assessed = state.targets.map((target) => assess(target, state, known));
  const failsOpen = state.health !== null && mustFailOpen(state, assessed, state.health.failOpenPercent);
  return { targets: keepFamilies(assessed).map(({ served }) => served), failsOpen };
}

interface Assessed {
  readonly target: Target;
  /** All addresses, healthy or not. */
  readonly addresses: readonly string[];
  readonly served: ServedTarget;
}

function assess(target: Target, { health }: GlobalIngress, known: Knowledge): Assessed {
  const { cluster } = target;
  const addresses = known.addressesOf(target);
  if (health === null || addresses.length === 0) {
    return { target, addresses, served: { cluster, addresses, health: known.notProbed } };
  }
  const found = addresses.map((address) => ({ address, health: known.healthOf(cluster, address) }));
  const alive = found.filter((one) => one.health.kind !== 'down');
  const listed = alive.length > 0 ? alive : found;
  const served = { cluster, addresses: listed.map(({ address }) => address), health: together(listed) };
  return { target, addresses, served };
}

/** Of a cluster: up when one address is, since the first was; down when all are, since the last went. */
function together(found: readonly { readonly health: TargetHealth }[]): TargetHealth {
  const up = found.filter(({ health }) => health.kind === 'up');
  const [first, ...rest] = (up.length > 0 ? up : found).map(({ health }) => ({
    kind: health.kind,
    since: health.since,
    message: health.message,
  }));
  if (!first) throw new Error('no address to judge by');
  const isLater = first.kind === 'down';
  return rest.reduce((chosen, health) => (health.since > chosen.since === isLater ? health : chosen), first);
}

/** Never the last one, and never so much that the prober is the likelier culprit or the rest could not carry it. */
function mustFailOpen({ routing }: GlobalIngress, assessed: readonly Assessed[], failOpenPercent: number): boolean {
  const sharing = assessed.filter(({ target }) => target.share > 0);
  const down = sharing.filter(({ served }) => served.health.kind === 'down');
  if (down.length === 0) return false;
  if (down.length === sharing.length) return true;
  // In a failover shares do not say how much traffic a cluster has.
  if (routing.kind === 'failover') return false;
  return shareOf(down) * 100 > failOpenPercent * shareOf(sharing);
}

function shareOf(assessed: readonly Assessed[]): number {
  return assessed.reduce((sum, { target }) => sum + target.share, 0);
}

/**
 * A family whose last addresses in clusters with traffic are down is answered all the same: it may be that only we cannot
 * reach it, and an empty answer helps nobody.
 */
function keepFamilies(assessed: readonly Assessed[]): readonly Assessed[] {
  const serving = assessed.filter(({ target, served }) => target.share > 0 && served.health.kind !== 'down');
  const lost = [false, true].filter((family) => {
    const isOf = (address: string): boolean => isIPv6(address) === family;
    return serving.some((one) => one.addresses.some(isOf)) && !serving.some((one) => one.served.addresses.some(isOf));
  });
  if (lost.length === 0) return assessed;
  return assessed.map((one) => {
    if (!serving.includes(one)) return one;
    const { addresses } = one.served;
    const kept = one.addresses.filter((address) => addresses.includes(address) || lost.includes(isIPv6(address)));
    return { ...one, served: { ...one.served, addresses: kept } };
  });
}
