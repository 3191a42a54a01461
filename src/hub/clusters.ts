export { type CheckOptions, type ClusterCheck, checkCluster } from './clusters/check.ts';
export { runClusterController } from './clusters/controller.ts';
export { followHubClusters, type HubClustersOptions } from './clusters/follow.ts';
export { clusterGateway } from './clusters/registration.ts';
