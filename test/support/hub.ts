import { listAt, textAt } from '../../src/lib/kubernetes/fields.ts';
import { type AnyObject, isRecord } from '../../src/lib/kubernetes/objects.ts';
import { kubectl } from './kubectl.ts';
import { testPlayground } from './playground.ts';
import { until } from './until.ts';

/** The hub as a person works with it: kubectl, as administrator, in namespace default. */

/** What kubectl prints; fails with what it says. */
export async function hubctl(args: readonly string[], input?: unknown): Promise<string> {
  const { code, stdout, stderr } = await tryHubctl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** What kubectl prints and how it ends, for what may be refused. */
export function tryHubctl(args: readonly string[], input?: unknown) {
  const { adminKubeconfig } = testPlayground().hub;
  return kubectl(args, {
    kubeconfig: adminKubeconfig,
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
}

export function applyToHub(object: unknown): Promise<string> {
  return hubctl(['apply', '-f', '-'], object);
}

/** `findInHub('fi/shop')` */
export async function findInHub(what: string, ...args: readonly string[]): Promise<AnyObject | undefined> {
  const text = await hubctl(['get', what, '--ignore-not-found', '-o', 'json', ...args]);
  return text === '' ? undefined : stored(JSON.parse(text));
}

export async function getFromHub(what: string, ...args: readonly string[]): Promise<AnyObject> {
  return stored(JSON.parse(await hubctl(['get', what, '-o', 'json', ...args])));
}

/** `await untilHub('fi/shop', 'condition=Ready')`; `await untilHub('fi/shop', "jsonpath={.status.step}=3/5")`: `kubectl wait`. */
export async function untilHub(what: string, condition: string, timeoutMs = 100_000): Promise<void> {
  const look = async (): Promise<true> => {
    await hubctl(['wait', `--for=${condition}`, '--timeout=25s', what]);
    return true;
  };
  await until(look, { what: `${what}: ${condition}`, timeoutMs }).catch(async (error: unknown) => {
    const found = await findInHub(what).catch(() => undefined);
    throw new Error(`${String(error)}; its status is ${JSON.stringify(found?.['status'])}`, { cause: error });
  });
}

/** Waits until the object of the hub satisfies `ok`. */
export function untilObject(
  what: string,
  why: string,
  ok: (object: AnyObject | undefined) => boolean,
): Promise<AnyObject | undefined> {
  let last: AnyObject | undefined;
  const look = async () => {
    last = await findInHub(what);
    return ok(last) ? { found: last } : undefined;
  };
  return until(look, { what: `${what}: ${why}`, timeoutMs: 100_000 }).then(
    ({ found }) => found,
    (error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(last)}`, { cause: error });
    },
  );
}

/** `annotate('fi/shop', 'promote', '1 looks good')` */
export async function annotate(what: string, key: string, value: string): Promise<void> {
  await hubctl(['annotate', '--overwrite', what, `sluice.dev/${key}=${value}`]);
}

export interface Happening {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** The Events of the objects of a name, or of one of them, as `kubectl describe` shows them, oldest first. */
export async function eventsOf(name: string, uid?: string): Promise<readonly Happening[]> {
  const selector = uid === undefined ? `regarding.name=${name}` : `regarding.uid=${uid}`;
  const args = ['get', 'events.events.k8s.io', '--field-selector', selector, '-o', 'json'];
  const list: unknown = JSON.parse(await hubctl(args));
  return listAt(list, 'items')
    .map((event) => ({ at: textAt(event, 'eventTime') ?? '', event }))
    .toSorted((one, other) => one.at.localeCompare(other.at))
    .map(({ event }) => ({
      type: textAt(event, 'type') ?? '',
      reason: textAt(event, 'reason') ?? '',
      message: textAt(event, 'note') ?? '',
    }));
}

/** Takes away what a test has made, whatever has become of it; each is waited for for less than a minute. */
export async function clearHub(...objects: readonly string[]): Promise<void> {
  for (const object of objects) await hubctl(['delete', '--ignore-not-found', '--timeout=55s', object]);
}

/** Does all of it, also when one fails, and fails then: what is left behind would be in the way of other tests. */
export async function inTurn(...tidying: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const tidy of tidying) await tidy().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
}

function stored(value: unknown): AnyObject {
  if (!isRecord(value) || !isRecord(value['metadata'])) throw new Error(`no object: ${JSON.stringify(value)}`);
  return value as AnyObject; // whatever kubectl prints has been stored
}
