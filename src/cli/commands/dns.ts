import type { Command } from 'commander';
import { parseWorkers } from '../arguments.ts';
import { examples } from '../examples.ts';
import { forOperator } from '../operator-errors.ts';
import { addChallenge } from './dns-challenge.ts';
import { addDnsTools } from './dns-tools.ts';

interface DnsOptions {
  readonly config: string;
  readonly workers?: number;
}

/** A DNS server, and what its operator needs besides. */
export function addDns(program: Command): void {
  const dns = program
    .command('dns')
    .summary('run a DNS server; delegation, keys, challenges')
    .description(
      'Runs a DNS server and nothing else, until SIGTERM or Ctrl-C. To answer it needs neither Temporal nor a cluster. ' +
        'With a command it does something else.',
    )
    .option('--config <file>', 'settings', 'sluice.yaml')
    .option('--workers <n>', 'processes that answer side by side, 1 to 64 (default: dns.workers)', parseWorkers)
    // What stands behind a command is the command's.
    .enablePositionalOptions()
    // A word that is no command gets a better answer than "too many arguments".
    .allowExcessArguments()
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      examples(
        ['One more DNS server', 'sluice dns --config sluice.yaml'],
        ['On four cores', 'sluice dns --workers 4'],
        ['What the zone above needs to know', 'sluice dns delegation'],
      ),
    )
    .action(async (options: DnsOptions, command: Command) => {
      const [word] = command.args;
      if (word !== undefined) command.error(`error: ${unknownCommand(command, word)}`);
      await runServer(options);
    });
  addDnsTools(dns);
  addChallenge(dns);
  dns.helpCommand(false);
}

function unknownCommand(command: Command, word: string): string {
  const known = command.commands.map((one) => one.name()).join(', ');
  return `'${word}' is no command of dns; it has ${known}, and without one it runs a DNS server`;
}

/** Loaded only when it is run: the verbs that talk to a server need none of what a server needs. */
async function runServer({ config, workers }: DnsOptions): Promise<void> {
  const { run } = await import('../../worker/dns/role.ts');
  await run({ configPath: config, ...(workers === undefined ? {} : { workers }) }).catch((error: unknown) => {
    throw forOperator(error);
  });
}
