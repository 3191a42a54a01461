import { setTimeout as delay } from 'node:timers/promises';
import { KubernetesError } from '../../lib/kubernetes/errors.ts';
import { textAt } from '../../lib/kubernetes/fields.ts';
import type { AnyObject } from '../../lib/kubernetes/objects.ts';
import { GATEWAY_CLASS } from '../../lib/kubernetes/resources.ts';
import type { Logger } from '../../lib/log.ts';
import { carryOut } from './carry-out.ts';
import { acceptClass } from './class-status.ts';
import { bringAbout, type Decision, takeDown } from './decide.ts';
import { hold, release, say } from './gateway-object.ts';
import type { GatewayVerdict } from './gateway-status.ts';
import { DRAIN_SECONDS, type ReadParameters, readParameters } from './parameters.ts';
import { existingOf, parametersName, readGateway } from './read.ts';
import { CloudView, type ViewOptions } from './view.ts';
import { NotOurs } from './write.ts';

/** GatewayClasses with this controller are ours, whatever they are called; `sluice-aws` in the examples. */
const CONTROLLER_NAME = 'sluice.dev/aws';

const RETRY_MS = 5_000;

export interface CloudOptions extends Omit<ViewOptions, 'onChange' | 'onStoreError'> {
  readonly log: Logger;
}

/**
 * Makes load balancers of the cloud for the Gateways of the hub whose class is ours, through Crossplane, and forwards by
 * the shares of their hostnames. Runs until `signal` aborts; one process at a time may.
 */
export async function runCloudController(options: CloudOptions, signal: AbortSignal): Promise<void> {
  const { hub, log } = options;
  // Most hubs have no such class, and then no Crossplane either.
  await untilClass(hub, signal);
  if (signal.aborted) return;
  let wake: () => void = () => undefined;
  let changed = true;
  const onChange = (): void => {
    changed = true;
    wake();
  };
  const onStoreError = (error: Error): void => log.warn({ err: error }, 'cannot read the globalingress store');
  const view = new CloudView({ ...options, onChange, onStoreError });
  signal.addEventListener('abort', onChange, { once: true });
  try {
    while (!signal.aborted) {
      changed = false;
      const again = view.complete ? await reconcileAll({ ...options, view, signal }) : undefined;
      await untilWoken({ again, signal, isChanged: () => changed, onWake: (call) => (wake = call) });
    }
  } finally {
    view.close();
  }
}

async function untilClass({ watches }: CloudOptions['hub'], signal: AbortSignal): Promise<void> {
  const seen = Promise.withResolvers<void>();
  const end = watches.of({ resource: GATEWAY_CLASS }).followAll(({ objects }) => {
    if (objects.some(isOurs)) seen.resolve();
  });
  signal.addEventListener('abort', () => seen.resolve(), { once: true });
  if (!signal.aborted) await seen.promise;
  end();
}

function isOurs(gatewayClass: AnyObject): boolean {
  return textAt(gatewayClass, 'spec', 'controllerName') === CONTROLLER_NAME;
}

interface Sleep {
  /** Milliseconds since the epoch; undefined: until something changes. */
  readonly again: number | undefined;
  readonly signal: AbortSignal;
  readonly isChanged: () => boolean;
  readonly onWake: (call: () => void) => void;
}

async function untilWoken({ again, signal, isChanged, onWake }: Sleep): Promise<void> {
  if (isChanged() || signal.aborted) return;
  const ended = new AbortController();
  const woken = new Promise<void>((resolve) => onWake(resolve));
  const timed =
    again === undefined ? [] : [delay(Math.max(0, again - Date.now()), undefined, { signal: ended.signal })];
  await Promise.race([woken, ...timed]);
  ended.abort();
  await Promise.allSettled(timed);
}

interface Pass extends CloudOptions {
  readonly view: CloudView;
  readonly signal: AbortSignal;
}

/** Looks at every Gateway of ours once. The result is when to look again at the latest. */
async function reconcileAll(pass: Pass): Promise<number | undefined> {
  const classes = pass.view.classes.filter(isOurs);
  await Promise.all(classes.map((one) => acceptClass(pass, one)));
  const times = await Promise.all(
    pass.view.gateways.flatMap((gateway) => {
      const gatewayClass = classes.find(
        ({ metadata }) => metadata.name === textAt(gateway, 'spec', 'gatewayClassName'),
      );
      return gatewayClass ? [reconcile(pass, gateway, gatewayClass)] : [];
    }),
  );
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

async function reconcile(pass: Pass, object: AnyObject, gatewayClass: AnyObject): Promise<number | undefined> {
  const { namespace = '', name } = object.metadata;
  try {
    return await reconcileGateway(pass, object, gatewayClass);
  } catch (error) {
    if (pass.signal.aborted) return undefined;
    if (!(error instanceof KubernetesError || error instanceof NotOurs)) throw error;
    pass.log.warn({ namespace, name, err: error }, 'cannot bring a gateway of the cloud about');
    return Date.now() + RETRY_MS;
  }
}

async function reconcileGateway(pass: Pass, object: AnyObject, gatewayClass: AnyObject): Promise<number | undefined> {
  const { namespace = '', name, deletionTimestamp } = object.metadata;
  const existing = existingOf({ namespace, name }, pass.view.seen);
  const parameters = parametersOf(pass.view, gatewayClass);
  if (deletionTimestamp !== undefined) {
    const drainSeconds = parameters.kind === 'valid' ? parameters.value.drainSeconds : DRAIN_SECONDS;
    const deletedAt = Date.parse(deletionTimestamp);
    return await follow(pass, object, takeDown({ existing, deletedAt, drainSeconds, now: Date.now() }));
  }
  const read = readGateway(object);
  if (read.kind === 'invalid') return await refuse(pass, object, 'ListenersNotValid', read.message);
  if (parameters.kind === 'invalid') return await refuse(pass, object, 'InvalidParameters', parameters.message);
  await hold(pass, object);
  const { traffic } = pass.view;
  return await follow(
    pass,
    object,
    bringAbout({ gateway: read.value, parameters: parameters.value, traffic, existing }),
  );
}

async function refuse(pass: Pass, object: AnyObject, reason: string, message: string): Promise<undefined> {
  await say(pass, object, { kind: 'refused', reason, message });
}

/** Does what was decided, and says in the status what came of it. */
async function follow(pass: Pass, object: AnyObject, decision: Decision): Promise<number | undefined> {
  try {
    await carryOut(pass, decision.actions, object);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!pass.signal.aborted) await say(pass, object, { kind: 'waiting', message });
    throw error;
  }
  if (decision.finished) await release(pass, object);
  else await say(pass, object, verdictOf(decision));
  return decision.again;
}

function verdictOf({ address, waitsFor }: Decision): GatewayVerdict {
  if (address !== undefined) return { kind: 'programmed', address };
  return { kind: 'waiting', message: waitsFor ?? 'waiting for the provider' };
}

function parametersOf(view: CloudView, gatewayClass: AnyObject): ReadParameters {
  const wanted = parametersName(gatewayClass);
  const { name } = gatewayClass.metadata;
  if (wanted === undefined)
    return { kind: 'invalid', message: `GatewayClass ${name} has no parametersRef to a ConfigMap` };
  const found = view.parameters.find(
    ({ metadata }) => metadata.namespace === wanted.namespace && metadata.name === wanted.name,
  );
  const where = `ConfigMap ${wanted.namespace}/${wanted.name} of GatewayClass ${name}`;
  if (found === undefined) return { kind: 'invalid', message: `${where} does not exist` };
  const read = readParameters(found['data']);
  return read.kind === 'valid' ? read : { kind: 'invalid', message: `${where}: ${read.message}` };
}
