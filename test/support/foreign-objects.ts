import { User } from './user.ts';

interface Found {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager?: string; readonly subresource?: string }[];
  };
  readonly status?: unknown;
}

/** Renewed all the time by those who hold them, or written about whatever happens. */
const RESTLESS = /^(events|leases|componentstatuses)(\.|$)/;
/** Field managers: `sluice`, `sluice-status`, `sluice-roots` and others. */
const OWN_MANAGERS = /^sluice/;
/** The objects of Sluice itself, in the hub. */
const OWN_KINDS = /\.sluice\.dev$/;
/**
 * Controllers write the status of these when they get to it, whoever changed what: of it only that counts which is written by one
 * of ours.
 */
const STATUS_OF_CONTROLLERS = ['Ingress', 'HTTPRoute', 'Gateway', 'GatewayClass'];

/**
 * Every object of every kind in these API servers that lacks our label or owner, and its version: equal texts mean that nobody
 * has written it.
 */
export async function foreignObjects(servers: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const all = await Promise.all(
    servers.map(async (server) => (await listAll(server)).map((object) => [server, object] as const)),
  );
  const foreign = all.flat().filter(([, object]) => !isOurs(object));
  return new Map(foreign.map(([server, object]) => [`${server}: ${nameOf(object)}`, versionOf(object)]));
}

async function listAll(server: string): Promise<readonly Found[]> {
  const user = new User(server);
  const known = (await user.kubectl(['api-resources', '--verbs=list', '-o', 'name'])).trim().split('\n');
  const kinds = known.filter((kind) => !RESTLESS.test(kind) && !OWN_KINDS.test(kind));
  const output = await user.kubectl(['get', kinds.join(), '--all-namespaces', '--show-managed-fields', '-o', 'json']);
  const list: { readonly items: readonly Found[] } = JSON.parse(output);
  return list.items;
}

function isOurs({ metadata: { labels, annotations } }: Found): boolean {
  return labels?.['app.kubernetes.io/managed-by'] === 'sluice' && annotations?.['sluice.dev/owner'] !== undefined;
}

function nameOf({ apiVersion, kind, metadata: { namespace = '', name } }: Found): string {
  return `${apiVersion} ${kind} ${namespace}/${name}`;
}

function versionOf(object: Found): string {
  const { uid, resourceVersion } = object.metadata;
  return STATUS_OF_CONTROLLERS.includes(object.kind) ? wantedOf(object) : `${uid} ${resourceVersion}`;
}

function wantedOf({ status: _status, metadata, ...rest }: Found): string {
  const { resourceVersion: _version, managedFields = [], ...others } = metadata;
  const managers = managedFields.filter(
    ({ manager = '', subresource }) => subresource !== 'status' || OWN_MANAGERS.test(manager),
  );
  return JSON.stringify({ ...rest, metadata: others, managers });
}
