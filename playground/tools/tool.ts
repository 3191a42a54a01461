import { delimiter, join } from 'node:path';
import type { Say } from '../progress.ts';
import { type CacheKey, cachedFile, fillCache, isPresent } from './cache.ts';
import type { Make } from './make-tools.ts';

export interface Tool {
  /** What users call it. */
  readonly name: string;
  readonly key: CacheKey;
  /** Places where a file that was there before us wins, in this order. */
  readonly places: readonly Place[];
  readonly make: Make;
  /** What making it costs, in words. */
  readonly cost: string;
  /** What to do when it cannot be made. */
  readonly instead: string;
}

export interface Place {
  /** `KUBEBUILDER_ASSETS`, `PATH`. */
  readonly label: string;
  /** Where the file may be; none when the variable is not set. */
  readonly files: readonly string[];
  /** Why the file that is there will not do; undefined when it will. Absent: any will do. */
  readonly unfit?: (file: string) => Promise<string | undefined>;
}

export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** Finds one tool or makes it; tells of every place that was looked at. */
export async function ensureTool(tool: Tool, say: Say): Promise<string> {
  const tried: string[] = [];
  for (const place of tool.places) {
    const looked = await lookIn(place);
    if (looked.kind === 'found') {
      say(`${looked.file} (${place.label})`);
      return looked.file;
    }
    tried.push(looked.message);
  }
  const cached = cachedFile(tool.key);
  if (await isPresent(cached)) return cached;
  tried.push(`cache: no ${cached}`);
  say(`not found (${tried.join('; ')}), so it is made: ${tool.cost}`);
  try {
    return await fillCache(tool.key, (folder) => tool.make(folder, say));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const places = tried.map((line) => `  ${line}\n`).join('');
    throw new ToolError(
      `No ${tool.name} ${tool.key.version} could be had. Looked for in:\n${places}Made by: ${reason}\n${tool.instead}`,
    );
  }
}

type Looked = { readonly kind: 'found'; readonly file: string } | { readonly kind: 'miss'; readonly message: string };

async function lookIn({ label, files, unfit }: Place): Promise<Looked> {
  const file = await firstPresent(files);
  if (file === undefined) return { kind: 'miss', message: describeMiss(label, files) };
  const reason = await unfit?.(file);
  return reason === undefined ? { kind: 'found', file } : { kind: 'miss', message: `${label}: ${file} ${reason}` };
}

async function firstPresent(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await isPresent(file)) return file;
  return undefined;
}

function describeMiss(label: string, files: readonly string[]): string {
  if (files.length === 0) return `${label}: not set`;
  return files.length === 1 ? `${label}: no ${files[0]}` : `${label}: not in any of ${files.length} folders`;
}

/** The folders that setup-envtest fills. */
export function kubebuilderPlaces(environment: NodeJS.ProcessEnv, file: string): readonly Place[] {
  const assets = environment['KUBEBUILDER_ASSETS'];
  return [
    { label: 'KUBEBUILDER_ASSETS', files: assets === undefined ? [] : [join(assets, file)] },
    // Where envtest looks when nothing is set.
    { label: 'envtest', files: [join('/usr/local/kubebuilder/bin', file)] },
  ];
}

export function variablePlace(environment: NodeJS.ProcessEnv, name: string): Place {
  const file = environment[name];
  return { label: name, files: file === undefined || file === '' ? [] : [file] };
}

export function pathPlace(path: string, file: string): Place {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return { label: 'PATH', files: folders.map((folder) => join(folder, file)) };
}
