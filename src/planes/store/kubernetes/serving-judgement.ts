import type { Observation } from '../../plane.ts';
import type { ServingInstance } from './serving-lease.ts';

/** Without a sign of life for this long an instance is in trouble; it may still answer clients with what it knows. */
export const SILENT_MS = 30_000;
/** After this long it is taken for gone, or nothing could ever change again. */
export const GONE_MS = 300_000;

export interface Wanted {
  readonly host: string;
  readonly revision: number;
}

export interface Evidence {
  readonly instance: Pick<ServingInstance, 'name'>;
  /** The revision that it says in the hub that it serves. */
  readonly reported: number | undefined;
  /** What came of asking it; undefined when it does not say where. */
  readonly asked: Observation | undefined;
  /** Since its last sign of life in the hub. */
  readonly silentMs: number;
}

/** Whether an instance serves the revision: by what it answers where it can be asked, else by its own report. */
export function judgeServing(evidence: Evidence, wanted: Wanted): Observation {
  const { name: instance } = evidence.instance;
  const { asked, silentMs } = evidence;
  const found = asked ?? byReport(evidence, wanted);
  if (found.kind === 'inForce') return { ...found, instance };
  if (silentMs >= SILENT_MS) {
    const seen = asked === undefined ? '' : ` (${found.message})`;
    // Not for how long by now: a sentence that changes is told anew, and each time is in the workflow's history.
    const message =
      `DNS server ${instance} has not been heard of for ${SILENT_MS / 1000} s and may still answer as before${seen}; ` +
      `it is taken for gone after ${GONE_MS / 60_000} minutes, or when its Lease is removed`;
    return { kind: 'unknown', instance, reason: 'Silent', message };
  }
  if (asked?.kind !== 'unknown') return { ...found, instance };
  const { reported } = evidence;
  const says = `reports ${reported === undefined ? 'no revision' : `revision ${reported}`} of ${wanted.host} in the hub`;
  const message = `DNS server ${instance} ${says}, but cannot be asked at its dns.advertise: ${asked.message}`;
  return { ...asked, instance, message };
}

function byReport({ instance: { name: instance }, reported }: Evidence, { host, revision }: Wanted): Observation {
  if (reported !== undefined && reported >= revision) return { kind: 'inForce', instance, by: 'report' };
  const message = `DNS server ${instance} serves revision ${reported ?? 'none'} of ${host}, wanted is ${revision}`;
  return { kind: 'pending', instance, reason: 'OldRevision', message };
}

/** What comes of asking at a loopback address that another machine has: ours is not asked for it. */
export function loopbackElsewhere(address: string): Observation {
  const message = `${address} is a loopback address of another machine; it needs an address that can be reached from here`;
  return { kind: 'unknown', instance: address, reason: 'Loopback', message };
}

/** What comes of asking at an address that somebody else has too: who answers there is not known, so it is not asked. */
export function sameAddress(address: string, other: string): Observation {
  const message = `${other} has ${address} too, so nobody knows who would answer there; each server needs an address of its own`;
  return { kind: 'unknown', instance: address, reason: 'SameAddress', message };
}
