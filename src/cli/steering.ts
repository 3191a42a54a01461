import { Argument, type Command } from 'commander';
import type { SteeringVerb } from '../client/client.ts';
import type { PromoteInput } from '../workflows/messages.ts';
import { parseName } from './arguments.ts';
import { isDocumentFormat, objectName, printDocument } from './output.ts';
import { openSession, type Session } from './session.ts';

/** The argument of every verb that steers one FederatedIngress. */
export function nameArgument(): Argument {
  return new Argument('<name>', 'which FederatedIngress').argParser(parseName);
}

export const REASON_FLAG = '--reason <text>';
export const REASON_HELP = 'why; kept in the history';

/** Steers, and prints `federatedingress/shop promoted: what happens now`. */
export async function steer(
  session: Session,
  request: { readonly verb: SteeringVerb; readonly name: string; readonly input: PromoteInput },
): Promise<void> {
  const { verb, name, input } = request;
  const result = await session.client.steer(verb, session.namespace, name, input);
  if (isDocumentFormat(session.output)) return printDocument(result, session.output);
  const said = session.output === 'name' ? '' : ` ${VERBED[verb]}: ${result.message}`;
  process.stdout.write(`${objectName(name)}${said}\n`);
}

interface VerbHelp {
  readonly summary: string;
  readonly description: string;
  readonly examples: string;
}

/** Adds a verb that takes nothing but a name and an optional reason. */
export function addPlainVerb(program: Command, verb: SteeringVerb, help: VerbHelp): void {
  program
    .command(verb)
    .summary(help.summary)
    .description(help.description)
    .addArgument(nameArgument())
    .option(REASON_FLAG, REASON_HELP)
    .addHelpText('after', help.examples)
    .action(async (name: string, input: { readonly reason?: string }, command: Command) => {
      await steer(openSession(command), { verb, name, input });
    });
}

const VERBED = {
  promote: 'promoted',
  pause: 'paused',
  resume: 'resumed',
  abort: 'aborted',
  retry: 'retried',
  undo: 'undone',
  drain: 'draining',
  undrain: 'undraining',
  // It drains first; --wait says when it is gone.
  delete: 'deleting',
} as const satisfies Record<SteeringVerb, string>;
