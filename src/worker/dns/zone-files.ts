import { readFile, stat } from 'node:fs/promises';
import { parseZoneFile, type StaticSoa } from '../../planes/dns/zone-file/parse-zone-file.ts';
import type { ZoneConfig } from '../dns-config.ts';

export interface ZoneFileListener {
  /** These files are other ones now. */
  readonly onChange: (zones: readonly string[]) => void;
  /** A file that was changed cannot be used; what was read before stays. */
  readonly onError: (error: Error) => void;
}

/** How often files are looked at, milliseconds. */
const POLL_MS = 1_000;

interface ReadFile {
  readonly zone: string;
  readonly path: string;
  readonly text: string;
  readonly changedAt: number;
  readonly soa: StaticSoa | undefined;
}

/** The zone files of the settings: text that was found to be good, read again when it changes. */
export class ZoneFiles {
  readonly #files: Map<string, ReadFile>;
  #listener: ZoneFileListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  private constructor(files: readonly ReadFile[]) {
    this.#files = new Map(files.map((file) => [file.zone, file]));
  }

  /** Throws for a file that is missing or wrong, with what is wrong and in which lines. */
  static async open(zones: readonly ZoneConfig[]): Promise<ZoneFiles> {
    const files = zones.flatMap(({ name, file }) => (file === undefined ? [] : [read(name, file)]));
    return new ZoneFiles(await Promise.all(files));
  }

  /** Looks at the files again and again until `stop`. */
  watch(listener: ZoneFileListener): void {
    this.#listener = listener;
    if (this.#files.size > 0) this.#schedule();
  }

  /** SOA serials that the files name, by zone. */
  serials(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#files.values()].map(({ zone, soa }) => [zone, soa?.serial ?? 0]));
  }

  /** By zone. */
  texts(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#files.values()].map(({ zone, text }) => [zone, text]));
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#looking;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#schedule());
    }, POLL_MS);
  }

  async #look(): Promise<void> {
    const changed: string[] = [];
    for (const file of this.#files.values()) {
      const next = await this.#readChanged(file);
      if (next === undefined) continue;
      this.#files.set(file.zone, next);
      if (next.text !== file.text) changed.push(file.zone);
    }
    if (changed.length > 0) this.#listener?.onChange(changed);
  }

  /** undefined when it is as before. A bad one is reported once and keeps its text. */
  async #readChanged(file: ReadFile): Promise<ReadFile | undefined> {
    const changedAt = await modified(file.path);
    if (changedAt === file.changedAt) return undefined;
    try {
      return await read(file.zone, file.path);
    } catch (error) {
      this.#listener?.onError(error instanceof Error ? error : new Error(String(error)));
      return { ...file, changedAt };
    }
  }
}

async function read(zone: string, path: string): Promise<ReadFile> {
  const changedAt = await modified(path);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(
      `the zone file of ${zone} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  });
  const parsed = parseZoneFile(text, { zone, file: path });
  if (parsed.kind === 'valid') return { zone, path, text, changedAt, soa: parsed.zone.soa };
  const issues = parsed.issues.map(({ line, message }) => `  ${path}:${line}: ${message}`);
  throw new Error(`the zone file of ${zone} is not valid:\n${issues.join('\n')}`);
}

/** -1 for a file that is not there. */
async function modified(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => -1,
  );
}
