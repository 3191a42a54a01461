/**
 * Versions of what the playground runs and of the definitions that tests apply. etcd, kube-apiserver and kubectl are required by
 * kubernetes/go.mod as well; a test compares the two.
 */
export const VERSIONS = {
  // Later ones have a replace directive in their go.mod, and so cannot be installed by `go install`.
  temporal: '1.5.1',
  etcd: '3.6.8',
  kubeApiServer: '1.36.3',
  kubectl: '1.36.3',
  contour: '1.33.8',
  envoy: '1.40.0',
  // Modules without releases of their own for Go: the versions that external-dns and others require.
  openShiftApi: '0.0.0-20251015095338-264e80a2b6e7',
  awsLoadBalancerController: '0.0.0-20221203001353-edeb4f1c1312',
  crossplaneAws: '0.52.0',
  externalDns: '0.21.0',
} as const;
