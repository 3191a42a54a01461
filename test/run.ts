import { startVitest } from 'vitest/node';

/**
 * `npm test`: everything, quickest first, with one closing line for the whole. Arguments are file filters.
 */
const vitest = await startVitest('test', process.argv.slice(2), { run: true, watch: false });
const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
const brokenFiles = modules.filter(
  (module) => module.state() === 'failed' && [...module.children.allTests('failed')].length === 0,
);
const errors = vitest.state.getUnhandledErrors().length;
await vitest.close();

const failed = count('failed') + brokenFiles.length + errors;
const skipped = count('skipped');
console.log(`${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || count('passed') === 0 ? 1 : 0);
