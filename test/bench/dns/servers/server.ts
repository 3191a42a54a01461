import type { Progress } from '../../../../playground/progress.ts';
import type { Address } from '../../../../src/lib/address.ts';

/** A kind of server that can take part. */
export interface ServerKind {
  readonly name: ServerName;
  /** How it is set, for the reader of its figures. */
  setting(workers: number): string;
  find(progress: Progress): Promise<Program>;
  /** Writes what the server needs into a folder of its own, and says how it is run. */
  prepare(place: Place, command: string): Promise<Invocation>;
}

export type ServerName = 'Sluice' | 'CoreDNS' | 'Knot' | 'gdnsd';

export type Program =
  | { readonly kind: 'found'; readonly command: string }
  /** Why not, and what to install. */
  | { readonly kind: 'missing'; readonly message: string };

export interface Place {
  readonly folder: string;
  readonly address: Address;
  /** For Prometheus, for servers that have that. */
  readonly metrics: Address;
  readonly workers: number;
  /** What Sluice serves; the others serve HOST alone. */
  readonly hosts: readonly string[];
}

export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
}

/** A server that answers. */
export interface RunningServer {
  readonly name: ServerName;
  readonly address: Address;
  /** The process that was started; others may answer for it. */
  readonly pid: number;
  /** Where `prepare` wrote. */
  readonly folder: string;
}
