import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { isDocumentFormat, printDocument, printLines } from '../output.ts';
import { openSession } from '../session.ts';
import { explainView } from '../view/explain-view.ts';

export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('show which cluster would answer a client, and why')
    .description(
      'Asks every DNS server which cluster a client would be sent to, and why: revision, shares, health, draw. ' +
        "It takes nobody's turn.",
    )
    .argument('<host>', 'hostname')
    .option('--subnet <network>', "the client's address or network (default: the machine of the HTTP API)")
    .addHelpText(
      'after',
      examples(
        ['Who answers, and why', 'sluice explain shop.example.com'],
        ['For clients of one network', 'sluice explain shop.example.com --subnet 198.51.100.0/24'],
        ['For a script', `sluice explain shop.example.com -o json | jq '.servers[].answers'`],
      ),
    )
    .action(async (host: string, { subnet }: { readonly subnet?: string }, command: Command) => {
      const { client, output, rendering } = openSession(command);
      const explanation = await client.dns.explain(host, subnet);
      if (isDocumentFormat(output)) return printDocument(explanation, output);
      return printLines(explainView(explanation, new Date(), rendering.width), rendering);
    });
}
