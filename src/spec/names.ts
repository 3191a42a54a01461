/** Names that the outside uses to reach a FederatedIngress in Temporal. */

export const TASK_QUEUE = 'sluice';
export const WORKFLOW_TYPE = 'federatedIngress';

/** `federatedingress/<namespace>/<name>` */
export function workflowId(namespace: string, name: string): string {
  return `federatedingress/${namespace}/${name}`;
}
