/**
 * Bundles the workflows and prints the code. A process of its own, since the bundler takes 250 MiB that Node would not give
 * back.
 */
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { WORKFLOW_CODE } from './sources.ts';

const { code } = await bundleWorkflowCode({ ...WORKFLOW_CODE, logger: new DefaultLogger('ERROR') });
process.stdout.write(code);
