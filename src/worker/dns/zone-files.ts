import { readFile, stat } from 'node:fs/promises';
import { parseZoneFile } from '../../planes/dns/zone-file/parse-zone-file.ts';
import type { ZoneConfig } from '../dns-config.ts';

export interface ZoneFilesOptions {
  readonly zones: readonly ZoneConfig[];
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
}

/** The zone files of the settings: text that was found to be good, read again when it changes. */
export class ZoneFiles {
  readonly #options: ZoneFilesOptions;
  readonly #files: Map<string, ReadFile>;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: ZoneFilesOptions, files: readonly ReadFile[]) {
    this.#options = options;
    this.#files = new Map(files.map((file) => [file.zone, file]));
    if (files.length > 0) this.#schedule();
  }

  /** Throws for a file that is missing or wrong, with what is wrong and in which lines. */
  static async open(options: ZoneFilesOptions): Promise<ZoneFiles> {
    const files = options.zones.flatMap(({ name, file }) => (file === undefined ? [] : [read(name, file)]));
    return new ZoneFiles(options, await Promise.all(files));
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
    if (changed.length > 0) this.#options.onChange(changed);
  }

  /** undefined when it is as before. A bad one is reported once and keeps its text. */
  async #readChanged(file: ReadFile): Promise<ReadFile | undefined> {
    const changedAt = await modified(file.path);
    if (changedAt === file.changedAt) return undefined;
    try {
      return await read(file.zone, file.path);
    } catch (error) {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      return { ...file, changedAt };
    }
  }
}

async function read(zone: string, path: string): Promise<ReadFile> {
  const changedAt = await modified(path);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`the zone file of ${zone} cannot be read: ${String(error)}`, { cause: error });
  });
  const parsed = parseZoneFile(text, { zone, file: path });
  if (parsed.kind === 'valid') return { zone, path, text, changedAt };
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
