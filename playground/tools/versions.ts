/**
 * Versions of the programs that the playground runs. etcd and kube-apiserver are required by kubernetes/go.mod as well; a test
 * compares the two.
 */
export const VERSIONS = {
  // Later ones have a replace directive in their go.mod, and so cannot be installed by `go install`.
  temporal: '1.5.1',
  etcd: '3.6.8',
  kubeApiServer: '1.36.3',
  contour: '1.33.8',
  envoy: '1.40.0',
} as const;
