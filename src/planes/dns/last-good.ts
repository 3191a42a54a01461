import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, openSealed, replaceFile, seal } from '../../lib/atomic-file.ts';
import type { GlobalIngress } from '../../plan/global-ingress.ts';
import { globalIngressSchema } from '../store/schema.ts';
import type { DownAddress } from './health/judge.ts';

/** What the server was serving, so that it can start again without anybody else. */
export interface LastGood {
  readonly states: readonly GlobalIngress[];
  /** SOA serial served, by zone. */
  readonly serials: Readonly<Record<string, number>>;
  /** Addresses that were found to be down: a new start does not answer them until it knows better. */
  readonly down: readonly DownAddress[];
}

export interface LoadedLastGood {
  /** undefined when there is no readable copy. */
  readonly lastGood: LastGood | undefined;
  /** Copies that are torn or foreign. */
  readonly damaged: readonly string[];
}

/**
 * Serials that may have been served and not been written before a crash; a start goes on above them. Writing comes
 * within seconds of a change, so this is far more than can happen.
 */
const SERIAL_RESERVE = 1_000;

/** Written in turn, so that one is whole while the other is being written, whatever happens. */
const FILES = ['last-good.0.json', 'last-good.1.json'] as const;

const downSchema = z.object({
  host: z.string(),
  cluster: z.string(),
  address: z.string(),
  since: z.number(),
  message: z.string(),
});

const schema = z.object({
  generation: z.int().min(1),
  serials: z.record(z.string(), z.int().min(0).max(0xffff_ffff)),
  states: z.array(globalIngressSchema),
  down: z.array(downSchema).default([]),
});

/** The DNS server's own copy on disk: two generations, each with a checksum. */
export class LastGoodFile {
  readonly #directory: string;
  #generation = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The newest readable copy, with serials that were never served. */
  async load(): Promise<LoadedLastGood> {
    const copies = await Promise.all(FILES.map((name) => readCopy(join(this.#directory, name))));
    const readable = copies.flatMap((copy) => (copy.kind === 'read' ? [copy.content] : []));
    const damaged = copies.flatMap((copy) => (copy.kind === 'damaged' ? [copy.path] : []));
    const newest = readable.sort((left, right) => right.generation - left.generation)[0];
    if (newest === undefined) return { lastGood: undefined, damaged };
    this.#generation = newest.generation;
    const serials = Object.entries(newest.serials).map(([name, serial]) => [
      name,
      (serial + SERIAL_RESERVE) >>> 0 || 1,
    ]);
    const { states, down } = newest;
    return { lastGood: { states, down, serials: Object.fromEntries(serials) }, damaged };
  }

  async save({ states, serials, down }: LastGood): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const generation = this.#generation + 1;
    const name = generation % 2 === 0 ? FILES[0] : FILES[1];
    await replaceFile(join(this.#directory, name), seal({ generation, serials, states, down }));
    this.#generation = generation;
  }
}

type Copy =
  | { readonly kind: 'read'; readonly content: z.infer<typeof schema> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly path: string };

async function readCopy(path: string): Promise<Copy> {
  try {
    const parsed = schema.safeParse(openSealed(await readFile(path, 'utf8')));
    return parsed.success ? { kind: 'read', content: parsed.data } : { kind: 'damaged', path };
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? { kind: 'absent' } : { kind: 'damaged', path };
  }
}
