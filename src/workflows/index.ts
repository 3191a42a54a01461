import { ApplicationFailure } from '@temporalio/workflow';
import { WORKFLOW_TYPE } from '../spec/names.ts';

export { federatedIngress } from './federated-ingress.ts';

/** Any other workflow type, such as a mistyped one, fails at once instead of running for ever. */
export default async function unknownWorkflowType(): Promise<never> {
  throw ApplicationFailure.create({
    type: 'UnknownWorkflowType',
    nonRetryable: true,
    message: `this task queue knows one workflow type: ${WORKFLOW_TYPE}`,
  });
}
