export { type ClusterCheck, checkCluster } from './clusters/check.ts';
export { ClusterChecker } from './clusters/checker.ts';
export { runClusterController } from './clusters/controller.ts';
export { followHubClusters } from './clusters/follow.ts';
export { clusterGateway } from './clusters/registration.ts';
