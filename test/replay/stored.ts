import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';

export type History = ReturnType<typeof historyFromJSON>;

const ROOT = join(import.meta.dirname, 'histories');
const ENDING = '.json.gz';
const BEST = 9;

/** All runs of one FederatedIngress, oldest first, as a release of Sluice made them. */
export interface StoredHistories {
  readonly release: string;
  readonly name: string;
  readonly file: string;
}

/** Histories of all releases. */
export function stored(): readonly StoredHistories[] {
  return readdirSync(ROOT).flatMap((release) =>
    readdirSync(join(ROOT, release)).map((file) => {
      return { release, name: basename(file, ENDING), file: join(ROOT, release, file) };
    }),
  );
}

export function readHistories({ file }: StoredHistories): readonly History[] {
  const runs: unknown = JSON.parse(gunzipSync(readFileSync(file)).toString());
  if (!Array.isArray(runs)) throw new Error(`${file} is no list of histories`);
  return runs.map(historyFromJSON);
}

/** Forgets what is stored of a release under other names than these. */
export function keepOnly(release: string, names: readonly string[]): void {
  for (const one of stored()) if (one.release === release && !names.includes(one.name)) rmSync(one.file);
}

/** Stores the runs; how many bytes they take. */
export function store(release: string, name: string, runs: readonly History[]): number {
  // Who worked and where is of no use, and the name of somebody's machine.
  const text = runs.map((run) => historyToJSON(run).replaceAll(/("identity": ")[^"]*/g, '$1worker')).join(',');
  const packed = gzipSync(JSON.stringify(JSON.parse(`[${text}]`)), { level: BEST });
  mkdirSync(join(ROOT, release), { recursive: true });
  writeFileSync(join(ROOT, release, `${name}${ENDING}`), packed);
  return packed.length;
}

/**
 * What the payloads of histories tell: kinds of strategies, steps and ways back, actions as `sluice history` names them, and
 * `preview` where there is a preview host. The state that is handed on at the end of a run holds all of it.
 */
export function wordsIn(runs: readonly History[]): ReadonlySet<string> {
  return new Set(runs.flatMap(payloadsOf).flatMap(words));
}

function payloadsOf({ events }: History): readonly unknown[] {
  return (events ?? []).flatMap((event) => {
    const { workflowExecutionStartedEventAttributes: started, workflowExecutionCompletedEventAttributes: ended } =
      event;
    return [...(started?.input?.payloads ?? []), ...(ended?.result?.payloads ?? [])].map(({ data }) =>
      JSON.parse(new TextDecoder().decode(data ?? undefined)),
    );
  });
}

function words(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Object.entries(value).flatMap(([key, word]) =>
    (key === 'action' || key === 'kind') && typeof word === 'string' ? [word] : [],
  );
  const strategy = 'strategy' in value && typeof value.strategy === 'object' ? Object.keys(value.strategy ?? {}) : [];
  const preview = 'preview' in value ? ['preview'] : [];
  return [...own, ...strategy, ...preview, ...Object.values(value).flatMap(words)];
}
