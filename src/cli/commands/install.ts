import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { forOperator } from '../operator-errors.ts';

interface Options {
  readonly hubContext?: string;
  readonly memberContext?: readonly string[];
  readonly kubeconfig?: string;
  readonly user?: string;
  readonly print?: boolean;
}

const DESCRIPTION =
  "Brings what Sluice needs into a hub (its kinds, a ServiceAccount, its rights) and into member clusters (its rights), with a person's own " +
  'kubeconfig. Doing it again brings them up to date. --print writes the manifests instead, for kubectl.';

/** What the closed set of fields refuses is common in the kubeconfig of a person. */
const OTHER_WAY = 'if kubectl can use this kubeconfig, let it do it: sluice install ... --print | kubectl apply -f -';

export function addInstall(program: Command): void {
  program
    .command('install')
    .summary("bring Sluice's kinds and rights into clusters")
    .description(DESCRIPTION)
    .option('--hub-context <context>', 'context of the cluster that becomes the hub')
    .option('--member-context <context>', 'context of a member cluster; may be given again', collect)
    .option('--kubeconfig <file>', 'kubeconfig with these contexts (default: $KUBECONFIG, or ~/.kube/config)')
    .option('--user <name>', 'give the rights to this user instead of the ServiceAccount sluice-system/sluice')
    .option('--print', 'write the manifests as YAML, change nothing')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      examples(
        [
          'A hub and two member clusters',
          'sluice install --hub-context hub --member-context east --member-context west',
        ],
        ['The same by kubectl', 'sluice install --hub-context hub --print | kubectl --context hub apply -f -'],
      ),
    )
    .action(async (options: Options) => {
      requireContext(options);
      await (options.print === true ? print(options) : apply(options));
    });
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function requireContext({ hubContext, memberContext = [] }: Options): void {
  if (hubContext !== undefined || memberContext.length > 0) return;
  throw new CliError(EXIT.usage, 'nothing to install into: name a cluster with --hub-context or --member-context');
}

async function print({ hubContext, memberContext = [], user }: Options): Promise<void> {
  const { hubManifests, memberManifests } = await import('../../hub/resources/manifests.ts');
  const { toYaml } = await import('../../hub/resources/yaml.ts');
  if (hubContext !== undefined && memberContext.length > 0) {
    throw new CliError(EXIT.usage, '--print writes for one cluster: name the hub or a member, not both');
  }
  const bound = user === undefined ? {} : { user };
  process.stdout.write(toYaml(hubContext === undefined ? memberManifests(bound) : hubManifests(bound)));
}

async function apply({ hubContext, memberContext = [], kubeconfig = kubeconfigPath(), user }: Options): Promise<void> {
  const { install } = await import('../../hub/install.ts');
  await install({
    ...(hubContext === undefined ? {} : { hub: { kubeconfig, context: hubContext } }),
    members: memberContext.map((context) => ({ kubeconfig, context })),
    ...(user === undefined ? {} : { user }),
    onProgress: (line) => process.stdout.write(`${line}\n`),
    signal: new AbortController().signal,
  }).catch((error: unknown) => {
    throw explained(error);
  });
}

/** As kubectl looks for it, but for several files at once. */
function kubeconfigPath(): string {
  const found = process.env['KUBECONFIG'];
  if (found === undefined || found === '') return join(homedir(), '.kube', 'config');
  if (!found.includes(delimiter)) return found;
  throw new CliError(EXIT.usage, `found several files in KUBECONFIG (${found}); name the one to use with --kubeconfig`);
}

function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'KubeconfigError') {
    return new CliError(EXIT.usage, `${error.message}\n${OTHER_WAY}`, { cause: error });
  }
  if (error.name === 'InstallError') return new CliError(EXIT.error, error.message, { cause: error });
  return error.name === 'KubernetesError'
    ? new CliError(codeOf(error), error.message, { cause: error })
    : forOperator(error);
}

/** By name and shape: the class stays with the code that is loaded only when this runs. */
function codeOf(error: Error): typeof EXIT.refused | typeof EXIT.unavailable {
  const failure: unknown = 'failure' in error ? error.failure : undefined;
  const retryable = typeof failure === 'object' && failure !== null && 'retryable' in failure && failure.retryable;
  return retryable === true ? EXIT.unavailable : EXIT.refused;
}
