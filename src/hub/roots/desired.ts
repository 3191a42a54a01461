import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { textAt } from '../../lib/kubernetes/fields.ts';
import { type AnyObject, isRecord, type Manifest } from '../../lib/kubernetes/objects.ts';
import { FEDERATED_INGRESS } from '../../lib/kubernetes/resources.ts';
import type { Reading, Site, SiteBackend } from './reading.ts';
import { parseSelector, type SelectorDocument } from './selector.ts';

/** Marks what was made of a plain object; its value is the uid of that. */
export const ROOT_LABEL = 'sluice.dev/root';

export type Desired =
  | { readonly kind: 'objects'; readonly objects: readonly Manifest[] }
  | { readonly kind: 'refused'; readonly message: string };

/** The FederatedIngress objects that a plain object of the hub stands for; `made` are those that were made of it before. */
export function desiredObjects(root: AnyObject, reading: Reading, made: readonly AnyObject[] = []): Desired {
  if (reading.kind === 'refused') return reading;
  const { annotations = {} } = root.metadata;
  const selector = parseSelector(annotations['sluice.dev/cluster-selector'] ?? '');
  if (typeof selector === 'string') return refusedAt('sluice.dev/cluster-selector', selector);
  const strategy = parseStrategy(annotations['sluice.dev/strategy']);
  if (typeof strategy === 'string') return refusedAt('sluice.dev/strategy', strategy);
  const { sites } = reading;
  const objects = sites.map((site) => ({
    apiVersion: FEDERATED_INGRESS.apiVersion,
    kind: FEDERATED_INGRESS.kind,
    metadata: metadataOf(root, madeFor(site, made) ?? nameOf(root, site, sites.length)),
    spec: specOf(site, { selector, ...(strategy === undefined ? {} : { strategy }) }),
  }));
  return { kind: 'objects', objects };
}

function refusedAt(annotation: string, problem: string): Desired {
  return { kind: 'refused', message: `annotation ${annotation}: ${problem}` };
}

/** The strategy of the spec, in YAML or JSON. Whether it is a right one is for the FederatedIngress to say. */
function parseStrategy(text: string | undefined): object | string | undefined {
  if (text === undefined) return undefined;
  const allowed = 'allowed: a strategy in YAML or JSON, such as {canary: {steps: [{setWeight: 10}, {pause: {}}]}}';
  try {
    const value: unknown = parseYaml(text);
    return isRecord(value) ? value : `found "${text}"; ${allowed}`;
  } catch {
    return `found "${text}", which is no YAML; ${allowed}`;
  }
}

function metadataOf(root: AnyObject, name: string): Manifest['metadata'] {
  const { uid, namespace = 'default' } = root.metadata;
  const owner = { apiVersion: root.apiVersion, kind: root.kind, name: root.metadata.name, uid };
  return { name, namespace, labels: { [ROOT_LABEL]: uid }, ownerReferences: [owner] };
}

function specOf(
  { host, leaf, backends, secretName }: Site,
  { selector, strategy }: { readonly selector: SelectorDocument; readonly strategy?: object },
): object {
  return {
    host,
    leaf,
    backends: backends.map((backend) => ({ ...backendOf(backend), clusterSelector: selector })),
    ...(strategy === undefined ? {} : { strategy }),
    ...(secretName === undefined ? {} : { tls: { secretName } }),
  };
}

function backendOf({ name, routes, weight }: SiteBackend): object {
  return { name: label(name, ''), routes, ...(weight === undefined ? {} : { weight }) };
}

/** A hostname stays with the object that has it: under another name it would be drained first. */
function madeFor({ host }: Site, made: readonly AnyObject[]): string | undefined {
  return made.find((one) => textAt(one, 'spec', 'host') === host && one.metadata.deletionTimestamp === undefined)
    ?.metadata.name;
}

/** The root's own name, or with the hostname behind it when there are several. */
function nameOf(root: AnyObject, { host }: Site, sites: number): string {
  return label(root.metadata.name, sites === 1 ? '' : `-${host}`);
}

const LABEL_CHARACTERS = 63;
const DIGEST_CHARACTERS = 8;

/** A DNS label: names of Ingresses may have dots and be longer. */
function label(name: string, suffix: string): string {
  const whole = `${name}${suffix}`;
  const text = whole.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
  // The name itself, where it is one; where it is not, a digest keeps two of them apart.
  if (text === name || (text.length <= LABEL_CHARACTERS && !name.includes('.'))) return text;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, DIGEST_CHARACTERS);
  return `${text.slice(0, LABEL_CHARACTERS - DIGEST_CHARACTERS - 1).replace(/-$/, '')}-${digest}`;
}
