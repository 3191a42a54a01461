import { dirname, join } from 'node:path';
import type { Progress } from '../progress.ts';
import { goModuleFiles } from './make-tools.ts';
import { ensureTool, type Tool } from './tool.ts';
import { VERSIONS } from './versions.ts';

/** Custom resource definitions of systems that do not run in the playground: tests play their controllers. Paths of YAML files. */
export interface TestDefinitions {
  /** OpenShift: Route. */
  readonly route: string;
  /** Crossplane's AWS provider: LoadBalancer, TargetGroup and Listener of elbv2. */
  readonly crossplane: readonly string[];
  /** AWS Load Balancer Controller: TargetGroupBinding. */
  readonly targetGroupBinding: string;
  /** external-dns: DNSEndpoint. */
  readonly dnsEndpoint: string;
}

/** How many steps `ensureTestDefinitions` shows. */
export const DEFINITION_STEPS = 4;

const CROSSPLANE_FILES = ['loadbalancers.yaml', 'targetgroups.yaml', 'listeners.yaml'] as const;

/** Finds the definitions that only tests need, or gets them; `npm start` does without. */
export async function ensureTestDefinitions(progress: Progress): Promise<TestDefinitions> {
  const { route, crossplane, targetGroupBinding, dnsEndpoint } = definitionTable();
  const ensure = (tool: Tool): Promise<string> =>
    progress.step(`${tool.name} ${tool.key.version}`, (say) => ensureTool(tool, say));
  const crossplaneFolder = dirname(await ensure(crossplane));
  return {
    route: await ensure(route),
    crossplane: CROSSPLANE_FILES.map((file) => join(crossplaneFolder, file)),
    targetGroupBinding: await ensure(targetGroupBinding),
    dnsEndpoint: await ensure(dnsEndpoint),
  };
}

/** Where each of them comes from: always a Go module, and the file that is there. */
export function definitionTable(): Readonly<Record<keyof TestDefinitions, Tool>> {
  return {
    route: definition('OpenShift Route', {
      tool: 'openshift-route',
      version: VERSIONS.openShiftApi,
      module: 'github.com/openshift/api',
      files: { 'crds.yaml': 'route/v1/zz_generated.crd-manifests/routes.crd.yaml' },
    }),
    crossplane: definition('Crossplane elbv2', {
      tool: 'crossplane-elbv2',
      version: VERSIONS.crossplaneAws,
      module: 'github.com/crossplane-contrib/provider-aws',
      files: Object.fromEntries(
        CROSSPLANE_FILES.map((file) => [file, `package/crds/elbv2.aws.crossplane.io_${file}`] as const),
      ),
    }),
    targetGroupBinding: definition('TargetGroupBinding', {
      tool: 'target-group-binding',
      version: VERSIONS.awsLoadBalancerController,
      module: 'sigs.k8s.io/aws-load-balancer-controller',
      files: { 'crds.yaml': 'config/crd/bases/elbv2.k8s.aws_targetgroupbindings.yaml' },
    }),
    dnsEndpoint: definition('external-dns DNSEndpoint', {
      tool: 'dns-endpoint',
      version: VERSIONS.externalDns,
      module: 'sigs.k8s.io/external-dns',
      files: { 'crds.yaml': 'config/crd/standard/dnsendpoints.externaldns.k8s.io.yaml' },
    }),
  };
}

interface Source {
  readonly tool: string;
  readonly version: string;
  readonly module: string;
  /** Names in the cache with paths in the module. */
  readonly files: Readonly<Record<string, string>>;
}

function definition(name: string, { tool, version, module, files }: Source): Tool {
  return {
    name,
    key: { tool, version, file: Object.keys(files)[0] ?? '' },
    places: [],
    make: goModuleFiles(`${module}@v${version}`, files),
    cost: `a file of the Go module ${module}`,
    instead: 'Only tests need it: npm start does without.',
  };
}
