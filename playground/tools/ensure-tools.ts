import type { Progress } from '../progress.ts';
import { ensureTool, type Tool } from './tool.ts';
import { toolTable } from './tool-table.ts';

/** Where the programs of the playground are. */
export interface ToolPaths {
  /** Undefined when TEMPORAL_ADDRESS names a server. */
  readonly temporal: string | undefined;
  readonly etcd: string;
  readonly kubeApiServer: string;
  readonly kubectl: string;
  readonly contour: string;
  /** Contour's custom resource definitions. */
  readonly contourResources: string;
  /** Those of the Gateway API, in the version that this Contour serves. */
  readonly gatewayApi: string;
  readonly envoy: string;
}

/** How many steps `ensureTools` shows. */
export const TOOL_STEPS = 8;

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
    kubectl: await ensure(tools.kubectl),
    contour: await ensure(tools.contour),
    contourResources: await ensure(tools.contourResources),
    gatewayApi: await ensure(tools.gatewayApi),
  };
}

/** The address of a Temporal server that is there already, so that none has to be started. */
export function givenTemporal(environment: NodeJS.ProcessEnv): string | undefined {
  const address = environment['TEMPORAL_ADDRESS'];
  return address === '' ? undefined : address;
}
