import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { forOperator } from '../operator-errors.ts';

/*
 * Commands for the operator of a DNS server. They need its settings, not the server. What they do is part of the server's
 * code, which is loaded only when one of them runs.
 */

const CONFIG_FLAG = '--config <file>';
const CONFIG_HELP = 'settings (default: "sluice.yaml")';

export function addDnsTools(dns: Command): void {
  addDelegation(dns);
  addDs(dns);
  addKeygen(dns);
  addTsigKeygen(dns);
}

function addDelegation(dns: Command): void {
  dns
    .command('delegation')
    .summary('print the records that the zones above need')
    .description(
      'Prints for each zone what the zone above it needs: NS, glue, and DS where the zone is signed. In master-file form; ' +
        'comments say what to do with them.',
    )
    .option(CONFIG_FLAG, CONFIG_HELP)
    .addHelpText(
      'after',
      examples(
        ['For all zones of sluice.yaml', 'sluice dns delegation'],
        ['The records alone', "sluice dns delegation --config /etc/sluice.yaml | grep -v '^;'"],
      ),
    )
    .action(async (_options: unknown, command: Command) => {
      const { delegation } = await import('../../worker/dns-tools/delegation.ts');
      process.stdout.write(await operated(async () => delegation(await settings(command))));
    });
}

function addDs(dns: Command): void {
  dns
    .command('ds')
    .summary('print the DS records of signed zones')
    .description('Prints the DS records of signed zones, for the zones above them, and nothing else.')
    .option(CONFIG_FLAG, CONFIG_HELP)
    .option('--zone <zone>', 'of this zone only')
    .addHelpText(
      'after',
      examples(['Of all signed zones', 'sluice dns ds'], ['Of one', 'sluice dns ds --zone example.com']),
    )
    .action(async ({ zone }: { readonly zone?: string }, command: Command) => {
      const { ds } = await import('../../worker/dns-tools/ds.ts');
      const outcome = await operated(async () => ds(await settings(command), zone));
      if (outcome.kind === 'none') throw new CliError(EXIT.notFound, outcome.message);
      process.stdout.write(outcome.text);
    });
}

function addKeygen(dns: Command): void {
  dns
    .command('keygen')
    .summary('make a key that signs a zone')
    .description(
      'Makes a DNSSEC key (ECDSA P-256) in the keysDirectory of a zone and says what to do next. The first key of a zone ' +
        'signs; a further one is published beside it, to roll over to.',
    )
    .argument('<zone>', 'which zone')
    .option(CONFIG_FLAG, CONFIG_HELP)
    .option('--directory <folder>', "folder of the key files (default: the zone's keysDirectory)")
    .addHelpText(
      'after',
      examples(
        ['Where the settings say', 'sluice dns keygen example.com'],
        ['Somewhere else, without settings', 'sluice dns keygen example.com --directory keys'],
      ),
    )
    .action(async (zone: string, { directory }: { readonly directory?: string }, command: Command) => {
      const { keygen } = await import('../../worker/dns-tools/keygen.ts');
      process.stdout.write(await operated(() => keygen({ zone, directory, configPath: configPath(command) })));
    });
}

function addTsigKeygen(dns: Command): void {
  dns
    .command('tsig-keygen')
    .summary('make a secret to sign zone transfers with')
    .description(
      'Writes a random secret for TSIG (hmac-sha256) to a file that its owner alone can read, and says how to use it. ' +
        'It never writes over a file and never prints the secret.',
    )
    .argument('<name>', 'name of the key, the same on both sides')
    .requiredOption('--out <file>', 'where the secret goes')
    .addHelpText(
      'after',
      examples(['For a secondary', 'sluice dns tsig-keygen transfer.example.com --out transfer.secret']),
    )
    .action(async (name: string, { out }: { readonly out: string }) => {
      const { tsigKeygen } = await import('../../worker/dns-tools/tsig-keygen.ts');
      const outcome = await operated(() => tsigKeygen(name, out));
      if (outcome.kind === 'exists') throw new CliError(EXIT.refused, outcome.message);
      process.stdout.write(outcome.text);
    });
}

async function settings(command: Command) {
  const { loadConfig } = await import('../../worker/config.ts');
  return loadConfig(configPath(command));
}

/** `sluice dns --config x delegation` says it as well as `sluice dns delegation --config x`. */
function configPath(command: Command): string {
  const own = command.opts<{ readonly config?: string }>().config;
  return own ?? command.parent?.opts<{ readonly config: string }>().config ?? 'sluice.yaml';
}

async function operated<T>(work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    throw forOperator(error);
  });
}
