import { HELP, readOptions } from './options.ts';
import { report } from './report.ts';
import { play, SCENARIOS } from './scenarios.ts';

/**
 * `npm run bench:dns-alive`: what clients see of a DNS server whose processes are killed and replaced under load. The
 * short version that only counts losses is test/unit/dns/alive.test.ts.
 */
try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else
    for (const scenario of SCENARIOS.filter(({ name }) => name.includes(options.only)))
      console.log(report(await play(scenario, options)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
