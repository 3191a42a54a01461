import type { Address } from '../../lib/address.ts';
import type { AnswerTotals } from '../../planes/dns/answer-totals.ts';
import type { DnsCounters } from '../../planes/dns/counters.ts';
import type { TreeUpdate } from '../../planes/dns/zone/tree.ts';
import type { Config } from '../config.ts';

/** What the control process and its workers tell each other, over the channel that Node gives a child process. */

/** What a worker is to be, before it knows any hostname. */
export interface WorkerSettings {
  readonly config: Config;
  readonly listen: readonly Address[];
  readonly serials: Readonly<Record<string, number>>;
  /** Text of zone files that were found to be good, by zone. */
  readonly zoneFiles: Readonly<Record<string, string>>;
  /** 16 octets each, in hexadecimal; the same for all workers, since a client's next query may go to another one. */
  readonly cookieSecrets: readonly string[];
}

export type ToWorker =
  | { readonly kind: 'begin'; readonly settings: WorkerSettings }
  | { readonly kind: 'update'; readonly update: TreeUpdate }
  /** Asks for `done` when everything said before is in force. */
  | { readonly kind: 'finish'; readonly id: number }
  /** All workers serve these revisions, by hostname. */
  | { readonly kind: 'confirm'; readonly revisions: readonly (readonly [string, number])[] }
  /** Bind, and answer. `synced`: what has been said so far is all there is. */
  | { readonly kind: 'answer'; readonly synced: boolean }
  /** What has been said so far is all there is, said while it answers already. */
  | { readonly kind: 'synced' }
  | { readonly kind: 'report'; readonly id: number }
  /** How many answers of a hostname it has given. */
  | { readonly kind: 'count'; readonly id: number; readonly host: string }
  /** What all workers have given together. */
  | { readonly kind: 'totals'; readonly host: string; readonly totals: AnswerTotals }
  /** You are in the process file, where a successor finds you: go on without the control process when it is gone. */
  | { readonly kind: 'recorded' }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'answers' }
  /** Somebody asks how many answers all workers have given; what this one has. */
  | { readonly kind: 'asked'; readonly host: string; readonly own: OwnCounts }
  | { readonly kind: 'counted'; readonly id: number; readonly counts: AnswerTotals['counts'] }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string }
  | { readonly kind: 'report'; readonly id: number; readonly report: WorkerReport };

/** Answers of a hostname that one worker has given until then. */
export type OwnCounts = Pick<AnswerTotals, 'at' | 'counts'>;

/** Counts of one worker, for the metrics. */
export interface WorkerReport {
  readonly counters: DnsCounters;
  /** How late the worker's event loop ran since the last report, milliseconds. */
  readonly lagMilliseconds: { readonly mean: number; readonly p99: number; readonly max: number };
  readonly residentBytes: number;
}
