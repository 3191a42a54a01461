import { spawnSync } from 'node:child_process';

/** `npm run check`: what reviewers should not have to look for. Runs all of it, then says what failed. */
const CHECKS = ['check:types', 'check:lint', 'check:format', 'check:dead'];

const failed = CHECKS.filter((script) => {
  console.log(`\n== npm run ${script}`);
  return spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit' }).status !== 0;
});

console.log(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`);
process.exit(failed.length === 0 ? 0 : 1);
