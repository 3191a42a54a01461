import { Command, Option } from 'commander';
import { addAbort } from './commands/abort.ts';
import { addApply } from './commands/apply.ts';
import { addCompletion } from './commands/completion.ts';
import { addDelete } from './commands/delete.ts';
import { addDns } from './commands/dns.ts';
import { addDrain } from './commands/drain.ts';
import { addExplain } from './commands/explain.ts';
import { addGet } from './commands/get.ts';
import { addHistory } from './commands/history.ts';
import { addInstall } from './commands/install.ts';
import { addList } from './commands/list.ts';
import { addPause } from './commands/pause.ts';
import { addPlan } from './commands/plan.ts';
import { addPromote } from './commands/promote.ts';
import { addResume } from './commands/resume.ts';
import { addRetry } from './commands/retry.ts';
import { addRoles } from './commands/roles.ts';
import { addSimulate } from './commands/simulate.ts';
import { addUndo } from './commands/undo.ts';
import { addUndrain } from './commands/undrain.ts';
import { addVersion } from './commands/version.ts';
import { addWatch } from './commands/watch.ts';
import { examples } from './examples.ts';
import { EXIT_CODES_HELP } from './exit-codes.ts';
import { OUTPUT_FORMATS } from './output.ts';
import { DEFAULT_NAMESPACE, DEFAULT_SERVER } from './session.ts';
import { VERSION } from './version.ts';

/** The whole command line of `sluice`. Verbs inherit the settings made before they are added. */
export function createProgram(): Command {
  const program = new Command('sluice')
    .description('One global hostname from many Kubernetes clusters, delivered step by step.')
    .version(`sluice ${VERSION}`, '--version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .showHelpAfterError('Run with --help for the usage and examples.')
    .exitOverride();
  addGlobalOptions(program);
  program.commandsGroup('Deliver:');
  for (const add of [addPlan, addSimulate, addApply, addGet, addList, addWatch, addHistory, addExplain, addDelete])
    add(program);
  program.commandsGroup('Steer a rollout:');
  for (const add of [addPromote, addPause, addResume, addAbort, addRetry, addUndo]) add(program);
  program.commandsGroup('Take a cluster out:');
  for (const add of [addDrain, addUndrain]) add(program);
  program.commandsGroup('Run a server:');
  addRoles(program);
  addDns(program);
  program.commandsGroup('Other:').helpCommand('help [verb]', 'print the help of a verb');
  for (const add of [addInstall, addCompletion, addVersion]) add(program);
  return program.addHelpText('after', overview());
}

function addGlobalOptions(program: Command): void {
  program
    .option('-n, --namespace <namespace>', `namespace (default: "${DEFAULT_NAMESPACE}")`)
    .addOption(new Option('-o, --output <format>', 'output format').choices(OUTPUT_FORMATS))
    .addOption(new Option('--server <url>', "address of Sluice's API").env('SLUICE_SERVER').default(DEFAULT_SERVER))
    .addOption(
      new Option('--token <token>', 'bearer token; others on this machine can see it, prefer the variable').env(
        'SLUICE_TOKEN',
      ),
    )
    .option('--no-color', 'no colours, as with NO_COLOR in the environment');
}

function overview(): string {
  const first = examples(
    ['See what a file would do', 'sluice plan -f shop.yaml'],
    ['Do it, and watch', 'sluice apply -f shop.yaml && sluice watch shop'],
  );
  return `${first}\n${EXIT_CODES_HELP}\n\nA flag wins over the environment, the environment over the default.`;
}
