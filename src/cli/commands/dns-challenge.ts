import type { Command } from 'commander';
import type { DnsChallenge } from '../../client/http/dns-schemas.ts';
import { examples } from '../examples.ts';
import { isDocumentFormat, printDocument } from '../output.ts';
import { openSession, type Session } from '../session.ts';

/** `_acme-challenge` values, set through the HTTP API. */
export function addChallenge(dns: Command): void {
  const challenge = dns
    .command('challenge')
    .summary('set, clear or show what ACME certificate authorities look for')
    .description(
      'Answers values at _acme-challenge.<host> TXT for an hour, so that a certificate authority sees that the hostname ' +
        'is yours (ACME dns-01). A FederatedIngress has to claim the hostname.',
    )
    .configureHelp(SERVER_OPTIONS)
    .addHelpText(
      'after',
      examples(['In a hook of an ACME client', 'sluice dns challenge set shop.example.com "$TOKEN"']),
    )
    .helpCommand(false);
  addSet(challenge);
  addClear(challenge);
  addShow(challenge);
}

/** These talk to a server, unlike the other commands of `dns`: the options that say which one, and not those of `dns`. */
const SERVER_OPTIONS = {
  showGlobalOptions: true,
  visibleGlobalOptions: (command: Command) => rootOf(command).options.filter(({ hidden }) => !hidden),
};

function addSet(challenge: Command): void {
  challenge
    .command('set')
    .summary('answer values, instead of what was there')
    .description('Answers these values at _acme-challenge.<host> TXT for an hour, instead of what was there.')
    .argument('<host>', 'hostname')
    .argument('<values...>', 'one or more, at most 8')
    .addHelpText(
      'after',
      examples(
        ['One', 'sluice dns challenge set shop.example.com gfj9Xq...Rg85nM'],
        ['Two certificates at once', 'sluice dns challenge set shop.example.com "$FIRST" "$SECOND"'],
      ),
    )
    .action(async (host: string, values: readonly string[], _options: unknown, command: Command) => {
      const session = openSession(command);
      printChallenge(session, await session.client.dns.setChallenge(host, values));
    });
}

function addClear(challenge: Command): void {
  challenge
    .command('clear')
    .summary('answer nothing any more')
    .description('Answers nothing at _acme-challenge.<host> TXT any more. Twice is the same as once.')
    .argument('<host>', 'hostname')
    .addHelpText('after', examples(['When the certificate is there', 'sluice dns challenge clear shop.example.com']))
    .action(async (host: string, _options: unknown, command: Command) => {
      const session = openSession(command);
      const result = await session.client.dns.clearChallenge(host);
      if (isDocumentFormat(session.output)) printDocument(result, session.output);
      else process.stdout.write(`${result.message}\n`);
    });
}

function addShow(challenge: Command): void {
  challenge
    .command('show')
    .summary('show what is answered, and until when')
    .description('Shows what is answered at _acme-challenge.<host> TXT, and until when.')
    .argument('<host>', 'hostname')
    .addHelpText('after', examples(['Is it still there?', 'sluice dns challenge show shop.example.com']))
    .action(async (host: string, _options: unknown, command: Command) => {
      const session = openSession(command);
      printChallenge(session, await session.client.dns.challenge(host));
    });
}

/** In the form in which dig shows it. */
function printChallenge({ output }: Session, challenge: DnsChallenge): void {
  if (isDocumentFormat(output)) return printDocument(challenge, output);
  const { host, values, expiresAt } = challenge;
  const lines = values.map((value) => `_acme-challenge.${host}. TXT ${JSON.stringify(value)}`);
  process.stdout.write(`${[...lines, `; until ${expiresAt}`].join('\n')}\n`);
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
