import { fileURLToPath } from 'node:url';

const WORKFLOWS = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
const PROMISES = fileURLToPath(new URL('promises.ts', import.meta.url));
const SHARED_SCHEMAS = fileURLToPath(new URL('shared-schemas.ts', import.meta.url));

/**
 * How workflows are bundled; who replays histories has to do the same. All modules are evaluated once and shared, which takes
 * 1.5 MiB and the milliseconds of an evaluation off each workflow: none of them changes once it is evaluated.
 */
export const WORKFLOW_CODE = {
  workflowsPath: WORKFLOWS,
  preloadModules: [PROMISES, SHARED_SCHEMAS, WORKFLOWS],
};
