import { type Command, InvalidArgumentError } from 'commander';
import {
  FAULT_FORM,
  type Fault,
  parseFault,
  parseRecovery,
  RECOVERY_FORM,
  type Recovery,
} from '../../plan/simulate-scenario.ts';
import { metadataOf, naming, readPlaced } from '../documents.ts';
import { examples } from '../examples.ts';
import { isDocumentFormat, objectName, printDocument } from '../output.ts';
import { openSession } from '../session.ts';

interface SimulateOptions {
  readonly file: string;
  readonly fail?: readonly Fault[];
  readonly recover?: readonly Recovery[];
}

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .summary('show how a rollout would go if clusters fail')
    .description(
      'Walks the plan that applying a YAML or JSON file would walk, on a moved clock, while clusters fail and recover, and ' +
        'prints what happens when: steps, shares, waits, what Sluice decides by the rollout policy of the file, and how it ' +
        'ends. Steps are those that `sluice plan` prints. Changes nothing.',
    )
    .requiredOption('-f, --file <file>', 'file to read, - for standard input')
    .option(
      '--fail <fault>',
      'what goes wrong from when on: cluster=NAME@stepN or cluster=NAME@DURATION since the start, then :unready (default), ' +
        ':unreachable or :verify; may be given again',
      collect<Fault>(parseFault, FAULT_FORM),
    )
    .option(
      '--recover <recovery>',
      'when nothing is wrong with it any more: cluster=NAME@stepN or cluster=NAME@DURATION; may be given again',
      collect<Recovery>(parseRecovery, RECOVERY_FORM),
    )
    .addHelpText(
      'after',
      examples(
        ['When all goes well', 'sluice simulate -f shop.yaml'],
        ['If west is not ready any more when step 3 begins', 'sluice simulate -f shop.yaml --fail cluster=west@step3'],
        ['If its verification fails', 'sluice simulate -f shop.yaml --fail cluster=west@step3:verify'],
        [
          'If its API server is away from minute 10 to minute 40',
          'sluice simulate -f shop.yaml --fail cluster=west@10m:unreachable --recover cluster=west@40m',
        ],
        [
          'How it ends, for a script',
          'sluice simulate -f shop.yaml --fail cluster=west@step3 -o json | jq -r .end.kind',
        ],
      ),
    )
    .action(async ({ file, fail = [], recover = [] }: SimulateOptions, command: Command) => {
      const { client, namespaceFlag, output } = openSession(command);
      for (const document of await readPlaced(file, namespaceFlag)) {
        const scenario = { faults: fail, recoveries: recover };
        const simulation = await naming(document, () => client.simulate(document.value, scenario));
        const object = objectName(metadataOf(document.value).name);
        if (isDocumentFormat(output)) printDocument(simulation, output);
        else process.stdout.write(output === 'name' ? `${object}\n` : `${object} simulated\n\n${simulation.text}\n`);
      }
    });
}

/** Reads an option that may be given again. */
function collect<T>(parse: (text: string) => T | undefined, form: string) {
  return (text: string, before: readonly T[] = []): readonly T[] => {
    const parsed = parse(text);
    if (parsed === undefined) throw new InvalidArgumentError(`Allowed: ${form}.`);
    return [...before, parsed];
  };
}
