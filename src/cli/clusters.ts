import { Argument, type Command } from 'commander';
import pLimit from 'p-limit';
import { ClientError } from '../client/errors.ts';
import type { Status } from '../workflows/status.ts';
import { parseCluster, parseName } from './arguments.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { isDocumentFormat, objectName, printDocument, warnIfStale } from './output.ts';
import type { Session } from './session.ts';
import { REASON_FLAG, REASON_HELP } from './steering.ts';

/** Verbs that are about a cluster, in every FederatedIngress that it serves. */

export type ClusterVerb = 'drain' | 'undrain';

export interface Scope {
  /** Only this FederatedIngress. */
  readonly only?: string;
  readonly allNamespaces?: boolean;
  readonly reason?: string;
}

export interface ClusterRequest extends Scope {
  readonly verb: ClusterVerb;
  readonly cluster: string;
}

export interface Target {
  readonly namespace: string;
  readonly name: string;
  /** It has what is asked for: to ask again would be refused. */
  readonly isDone?: boolean;
}

type Answered =
  | (Target & { readonly outcome: 'done'; readonly message: string })
  | (Target & { readonly outcome: 'failed'; readonly kind: ClientError['kind']; readonly message: string });

/** The argument and the options that those verbs share. */
export function addScope(command: Command): Command {
  return command
    .addArgument(new Argument('<cluster>', 'which cluster').argParser(parseCluster))
    .option('--only <name>', 'only in this FederatedIngress', parseName)
    .option('-A, --all-namespaces', 'in the FederatedIngresses of all namespaces')
    .option(REASON_FLAG, REASON_HELP);
}

/** A name is one of a namespace. */
export function requireOneScope({ only, allNamespaces }: Scope, command: Command): void {
  if (only !== undefined && allNamespaces) command.error('error: --only goes without --all-namespaces');
}

/** So many Updates at once: enough for thousands in a minute, few enough to leave room for others. */
const CONCURRENCY = 8;

/** Asks each FederatedIngress that the cluster serves, prints a line as each answers, and returns those that took it. */
export async function steerCluster(session: Session, request: ClusterRequest): Promise<readonly Target[]> {
  const targets = await targetsOf(session, request);
  const isQuiet = isDocumentFormat(session.output);
  const limit = pLimit(CONCURRENCY);
  const answers = await Promise.all(
    targets.map((target) =>
      limit(async () => {
        const answered = await ask(session, request, target);
        if (!isQuiet) printAnswer(session, request, answered);
        return answered;
      }),
    ),
  );
  if (isDocumentFormat(session.output)) printDocument({ items: answers }, session.output);
  requireAll(request, answers);
  return answers;
}

async function targetsOf(session: Session, request: ClusterRequest): Promise<readonly Target[]> {
  const { verb, cluster, only, allNamespaces } = request;
  if (only !== undefined) return [{ namespace: session.namespace, name: only }];
  const reading = await session.client.list(allNamespaces ? undefined : session.namespace);
  warnIfStale(reading);
  const serving = reading.value.filter((status) => isServed(status, cluster));
  if (serving.length === 0) throw nobodyServed(session, request, reading.value);
  if (verb === 'drain') {
    return serving.map(({ namespace, name, ...status }) => ({ namespace, name, isDone: isDrained(status, cluster) }));
  }
  const drained = serving.filter((status) => isDrained(status, cluster));
  if (drained.length === 0) process.stderr.write(`Nothing is drained from ${cluster} ${whereOf(session, request)}.\n`);
  return drained;
}

/** One that is being deleted is drained everywhere. */
function isServed(status: Status, cluster: string): boolean {
  if (status.state === 'Deleting' || status.state === 'Deleted') return false;
  return isDrained(status, cluster) || status.backends.some((backend) => backend.cluster === cluster);
}

function isDrained({ withheld = [] }: Pick<Status, 'withheld'>, cluster: string): boolean {
  return withheld.some((one) => one.cluster === cluster && one.why === 'drained');
}

function nobodyServed(session: Session, request: ClusterRequest, all: readonly Status[]): CliError {
  const clusters = [...new Set(all.flatMap(({ backends }) => backends.map(({ cluster }) => cluster)))].toSorted();
  const found = clusters.length === 0 ? 'there are no backends' : `backends are in ${clusters.join(', ')}`;
  const where = whereOf(session, request);
  const advice = request.allNamespaces ? '' : '; -A looks in all namespaces';
  return new CliError(EXIT.notFound, `no FederatedIngress ${where} is served by ${request.cluster}: ${found}${advice}`);
}

function whereOf(session: Session, { allNamespaces }: ClusterRequest): string {
  return allNamespaces ? 'of any namespace' : `of namespace ${session.namespace}`;
}

async function ask(session: Session, request: ClusterRequest, target: Target): Promise<Answered> {
  const { namespace, name } = target;
  const { verb, cluster, reason } = request;
  if (target.isDone) return { namespace, name, outcome: 'done', message: 'it is drained already' };
  const input = { cluster, ...(reason === undefined ? {} : { reason }) };
  try {
    const { message } = await session.client.steer(verb, namespace, name, input);
    return { namespace, name, outcome: 'done', message };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return { namespace, name, outcome: 'failed', kind: error.kind, message: error.message };
  }
}

function printAnswer(session: Session, request: ClusterRequest, answered: Answered): void {
  const name = request.allNamespaces
    ? `${objectName(answered.name)} in ${answered.namespace}`
    : objectName(answered.name);
  if (answered.outcome === 'failed') {
    // Of a single one it is the error of the whole.
    if (request.only !== undefined) return;
    process.stderr.write(`${name} ${FAILED[answered.kind]}: ${answered.message}\n`);
    return;
  }
  const said = session.output === 'name' ? '' : ` ${VERBED[request.verb]} ${request.cluster}: ${answered.message}`;
  process.stdout.write(`${session.output === 'name' ? objectName(answered.name) : name}${said}\n`);
}

const VERBED = { drain: 'draining', undrain: 'undraining' } as const satisfies Record<ClusterVerb, string>;

const FAILED = {
  invalid: 'refused',
  refused: 'refused',
  hostnameClaimed: 'refused',
  notFound: 'not found',
  unavailable: 'did not answer',
} as const satisfies Record<ClientError['kind'], string>;

/** All were asked; that some said no is the outcome of the whole. Who did not answer may do so if asked again. */
function requireAll({ verb, cluster, only }: ClusterRequest, answers: readonly Answered[]): void {
  const failed = answers.filter((answered) => answered.outcome === 'failed');
  const [first] = failed;
  if (first === undefined) return;
  if (only !== undefined) throw new ClientError(first.kind, first.message);
  const isAway = failed.some(({ kind }) => kind === 'unavailable');
  const all = `${failed.length} of ${answers.length} FederatedIngresses`;
  const advice = isAway ? '; run it again, for those that have it already it changes nothing' : '';
  const exit = isAway ? EXIT.unavailable : EXIT.refused;
  throw new CliError(exit, `${verb} of ${cluster} not done in ${all}${advice}`);
}
