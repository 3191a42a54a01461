import type { Command } from 'commander';
import type { ApplyResult } from '../../workflows/status.ts';
import { parseSeconds } from '../arguments.ts';
import { metadataOf, naming, readPlaced, type SourceDocument } from '../documents.ts';
import { examples } from '../examples.ts';
import { isDocumentFormat, objectName, printDocument } from '../output.ts';
import { printPreviews, VERBED } from '../preview.ts';
import { openSession, type Session } from '../session.ts';
import { judgeReady } from '../verdict.ts';
import { waitForRollout } from '../wait.ts';

interface ApplyOptions {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout?: number;
  readonly reason?: string;
}

interface Applied {
  readonly name: string;
  readonly namespace: string;
  readonly result: ApplyResult;
}

export function addApply(program: Command): void {
  program
    .command('apply')
    .summary('create or change FederatedIngresses from a file')
    .description(
      'Creates or changes FederatedIngresses from a YAML or JSON file, its documents in order; the first that is refused ' +
        'ends it. Applying what is there already changes nothing.',
    )
    .requiredOption('-f, --file <file>', 'file to read, - for standard input')
    .option('--dry-run', 'print the plan that the document would start, change nothing')
    .option('--wait', 'wait until the rollout has completed and everything is ready')
    .option('--timeout <duration>', 'how long --wait waits, such as 10m (default: no limit)', parseSeconds)
    .option('--reason <text>', 'why; kept in the history')
    .addHelpText(
      'after',
      examples(
        ['See what would happen, step by step', 'sluice apply -f shop.yaml --dry-run'],
        ['Start the rollout and wait for its end, as CI does', 'sluice apply -f shop.yaml --wait --timeout 30m'],
        ['From another program', 'kustomize build . | sluice apply -f -'],
      ),
    )
    .action(async (options: ApplyOptions, command: Command) => {
      const session = openSession(command);
      if (options.timeout !== undefined && !options.wait) command.error('error: --timeout goes with --wait');
      if (options.dryRun && options.wait) command.error('error: --dry-run starts nothing that --wait could wait for');
      const documents = await readPlaced(options.file, session.namespaceFlag);
      if (options.dryRun) return printPreviews(session, documents);
      const applied = await applyAll(session, documents, options.reason);
      if (options.wait) await waitForAll(session, applied, options.timeout);
    });
}

async function applyAll(
  session: Session,
  documents: readonly SourceDocument[],
  reason: string | undefined,
): Promise<readonly Applied[]> {
  const applied: Applied[] = [];
  for (const document of documents) {
    const result = await naming(document, () =>
      session.client.apply(document.value, reason === undefined ? {} : { reason }),
    );
    const { name, namespace } = metadataOf(document.value);
    if (isDocumentFormat(session.output)) printDocument({ namespace, name, ...result }, session.output);
    else process.stdout.write(`${objectName(name)}${session.output === 'name' ? '' : ` ${VERBED[result.outcome]}`}\n`);
    applied.push({ name, namespace, result });
  }
  return applied;
}

async function waitForAll(session: Session, applied: readonly Applied[], timeout: number | undefined): Promise<void> {
  const begun = Date.now();
  for (const { name, namespace, result } of applied) {
    await waitForRollout({ ...session, namespace }, name, {
      judge: (status) => judgeReady(status, result.generation),
      timeoutSeconds: timeout,
      begun,
    });
    if (session.output === undefined || session.output === 'wide') process.stdout.write(`${objectName(name)} ready\n`);
  }
}
