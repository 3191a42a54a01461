import { setTimeout as delay } from 'node:timers/promises';
import { type Counts, countedBy } from '../../plan/measured.ts';
import type { InstanceHealth, Observation, Plane } from '../plane.ts';
import { readTotals } from './answer-totals.ts';
import { ask } from './ask.ts';
import type { ShortResponse } from './codec.ts';
import { RCODE, rcodeName, TYPE } from './wire/constants.ts';

export interface DnsPlaneOptions {
  /** Addresses of all DNS servers, such as `127.0.0.1:5300`. Each is asked over the wire, as any resolver would. */
  readonly servers: readonly string[];
  readonly zones: readonly string[];
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 500;

/** The control side of the DNS servers: what each of them really answers. */
export function dnsPlane({ servers, zones, timeoutMs = TIMEOUT_MS }: DnsPlaneOptions): Plane {
  return {
    name: 'dns',
    observe: (host, revision, signal) =>
      Promise.all(servers.map((instance) => observe(instance, { host, revision, timeoutMs, signal }))),
    measure: async (host, signal) => {
      const all = await Promise.all(servers.map((instance) => totalsAt(instance, host, { timeoutMs, signal })));
      return Object.fromEntries(all.flatMap((one) => (one === undefined ? [] : [one])));
    },
    health: (signal) => Promise.all(servers.map((instance) => health(instance, { zones, timeoutMs, signal }))),
  };
}

interface Observed {
  readonly host: string;
  readonly revision: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function observe(instance: string, { host, revision, ...options }: Observed): Promise<Observation> {
  const asked = await ask(instance, { name: `_sluice.${host}`, type: TYPE.TXT }, options);
  if (asked.kind === 'silence') {
    const message = `DNS server ${instance} does not tell which revision of ${host} it serves: ${asked.message}`;
    return { kind: 'unknown', instance, reason: 'NoAnswer', message };
  }
  return judge(instance, { host, revision }, asked.response);
}

function judge(
  instance: string,
  { host, revision }: Pick<Observed, 'host' | 'revision'>,
  { rcode, texts }: ShortResponse,
): Observation {
  const served = texts.flatMap((text) => /^revision=([0-9]{1,15})$/.exec(text)?.[1] ?? []).map(Number)[0];
  if (served !== undefined && served >= revision) return { kind: 'inForce', instance };
  if (served !== undefined) {
    const message = `DNS server ${instance} serves revision ${served} of ${host}, wanted is ${revision}`;
    return { kind: 'pending', instance, reason: 'OldRevision', message };
  }
  if (rcode === RCODE.NXDOMAIN) {
    const message = `DNS server ${instance} does not serve ${host} yet, wanted is revision ${revision}`;
    return { kind: 'pending', instance, reason: 'NotServed', message };
  }
  const hint = rcode === RCODE.REFUSED ? '; its dns.trusted has to hold the network of who asks' : '';
  const message = `DNS server ${instance} answers ${rcodeName(rcode)} when asked for its revision of ${host}${hint}`;
  return { kind: 'unknown', instance, reason: 'NoRevision', message };
}

const FIRST_INTERVAL_MS = 5;
const LONGEST_INTERVAL_MS = 50;

/**
 * What all workers of one server have counted, at a moment after this was called: the first question has them count, a
 * later one gets it. Undefined when the server does not tell.
 */
async function totalsAt(
  instance: string,
  host: string,
  { timeoutMs, signal }: Pick<Observed, 'timeoutMs' | 'signal'>,
): Promise<readonly [string, Counts] | undefined> {
  const began = performance.now();
  for (let interval = FIRST_INTERVAL_MS; !signal.aborted; interval = Math.min(interval * 2, LONGEST_INTERVAL_MS)) {
    const askedAt = performance.now();
    const leftMs = timeoutMs - (askedAt - began);
    if (leftMs <= 0) return undefined;
    const asked = await ask(instance, { name: `_answers.${host}`, type: TYPE.TXT }, { timeoutMs: leftMs, signal });
    // A server of before does not know the name.
    if (asked.kind === 'silence' || asked.response.texts.length === 0) return undefined;
    const told = readTotals(asked.response.texts);
    if (told !== undefined && askedAt - told.ageMs >= began) return [countedBy(instance, told.run), told.counts];
    await delay(interval, undefined, { signal }).catch(() => undefined); // ends the loop
  }
  return undefined;
}

interface HealthOptions {
  readonly zones: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function health(instance: string, { zones, ...options }: HealthOptions): Promise<InstanceHealth> {
  const faults = await Promise.all(zones.map((zone) => zoneFault(instance, zone, options)));
  const message = faults.find((fault) => fault !== undefined);
  return message === undefined ? { kind: 'healthy', instance } : { kind: 'unhealthy', instance, message };
}

/** What keeps a server from answering for a zone, in a sentence. */
async function zoneFault(
  instance: string,
  zone: string,
  options: Omit<HealthOptions, 'zones'>,
): Promise<string | undefined> {
  const asked = await ask(instance, { name: zone, type: TYPE.SOA }, options);
  if (asked.kind === 'silence') return `DNS server ${instance} does not answer for ${zone}: ${asked.message}`;
  const { rcode, authoritative, answers } = asked.response;
  if (rcode === RCODE.NOERROR && authoritative && answers > 0) return undefined;
  return `DNS server ${instance} answers ${rcodeName(rcode)} for the SOA of ${zone}; wanted is an authoritative answer`;
}
