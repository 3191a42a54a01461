import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { KubeconfigError } from './errors.ts';

/** Where a kubeconfig is. A text comes from a Secret, whose name stands for it in messages: `Secret sluice-system/east`. */
export type KubeconfigSource =
  | { readonly kind: 'file'; readonly path: string; readonly context?: string }
  | { readonly kind: 'text'; readonly name: string; readonly text: string; readonly context?: string };

/** What a kubeconfig says of one context. */
export interface Credentials {
  readonly server: URL;
  readonly token?: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Every file that was read for it: when one changes, all is read again. */
  readonly files: readonly string[];
}

const text = z.string().optional();
/** Notes of other tools, passed over. */
const extensions = z.unknown().optional();

const documentSchema = z.looseObject({
  'current-context': text,
  contexts: z.array(z.looseObject({ name: z.string(), context: z.unknown() })),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: z.unknown() })),
  users: z.array(z.looseObject({ name: z.string(), user: z.unknown() })),
});
const contextSchema = z.strictObject({ cluster: z.string(), user: z.string(), namespace: text, extensions });
const clusterSchema = z.strictObject({
  server: z.url({ protocol: /^https$/, error: 'allowed: an https URL, such as https://10.0.0.1:6443' }),
  'certificate-authority': text,
  'certificate-authority-data': text,
  extensions,
});
const userSchema = z.strictObject({
  token: text,
  tokenFile: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  extensions,
});

/** Why a field that kubectl knows is refused: a kubeconfig is a credential, it must not run code or bend the connection. */
const REFUSED: Readonly<Record<string, string>> = {
  exec: 'it would run a command',
  'auth-provider': 'it would run code to get a token',
  'proxy-url': 'it would send the connection elsewhere',
  'insecure-skip-tls-verify': 'anybody could answer for the cluster',
  username: 'Kubernetes has no basic authentication any more',
  password: 'Kubernetes has no basic authentication any more',
};

/**
 * Reads one context of a kubeconfig (the current one, if none is named). Only a closed set of fields is accepted. Throws
 * KubeconfigError, whose message names the file or the Secret and quotes no credential.
 */
export function readKubeconfig(source: KubeconfigSource): Credentials {
  const of = describeSource(source);
  const document = checked(documentSchema, readYaml(source, of), { of, path: '' });
  const name = source.context ?? document['current-context'];
  if (!name) throw problem(of, 'current-context is missing; set it, or name a context');

  const context = checked(contextSchema, find(of, document, 'context', name), { of, path: `context "${name}"` });
  const clusterPath = `cluster "${context.cluster}"`;
  const cluster = checked(clusterSchema, find(of, document, 'cluster', context.cluster), { of, path: clusterPath });
  const userPath = `user "${context.user}"`;
  const user = checked(userSchema, find(of, document, 'user', context.user), { of, path: userPath });

  const reader = new FieldReader(source, of);
  const credentials = {
    // As for kubectl, a file comes before a text beside it: it is the one that is renewed.
    ...given('ca', reader.pem(cluster, 'certificate-authority', clusterPath)),
    ...given('cert', reader.pem(user, 'client-certificate', userPath)),
    ...given('key', reader.pem(user, 'client-key', userPath)),
    ...given('token', reader.file(user, 'tokenFile', userPath)?.trim() ?? user.token),
  };
  return { server: new URL(cluster.server), ...credentials, files: reader.files };
}

/** Reads the fields that name a file or hold its content. */
class FieldReader {
  readonly files: string[];
  readonly #source: KubeconfigSource;
  readonly #of: string;

  constructor(source: KubeconfigSource, of: string) {
    this.#source = source;
    this.#of = of;
    this.files = source.kind === 'file' ? [source.path] : [];
  }

  file<F extends string>(fields: { readonly [P in F]?: unknown }, field: F, path: string): string | undefined {
    const name = fields[field];
    if (typeof name !== 'string' || name === '') return undefined;
    // Who may write a Secret may not read the files of this process by it and have them sent to a server of his.
    if (this.#source.kind === 'text')
      throw problem(this.#of, `${path}: ${field} is refused: it names a file, and all has to be in the Secret itself`);
    const file = resolve(dirname(this.#source.path), name);
    this.files.push(file);
    return readText(this.#of, file);
  }

  pem<F extends string>(fields: { readonly [P in F]?: unknown }, field: F, path: string): string | undefined {
    const fromFile = this.file(fields, field, path);
    if (fromFile !== undefined) return fromFile;
    const data: unknown = Reflect.get(fields, `${field}-data`);
    return typeof data === 'string' ? Buffer.from(data, 'base64').toString('utf8') : undefined;
  }
}

/** `kubeconfig /etc/sluice/east.yaml`, `the kubeconfig of Secret sluice-system/east` */
function describeSource(source: KubeconfigSource): string {
  return source.kind === 'file' ? `kubeconfig ${source.path}` : `the kubeconfig of ${source.name}`;
}

type Document = z.infer<typeof documentSchema>;

function find(of: string, document: Document, kind: 'context' | 'cluster' | 'user', name: string): unknown {
  const entries = document[`${kind}s`];
  const entry = entries.find((one) => one.name === name);
  if (entry) return entry[kind];
  const names = entries.map((one) => `"${one.name}"`).join(', ');
  throw problem(of, `it has no ${kind} "${name}"; it has: ${names || 'none'}`);
}

function checked<T extends z.ZodType>(schema: T, value: unknown, at: { of: string; path: string }): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  if (issue?.code !== 'unrecognized_keys') {
    throw problem(at.of, `${[at.path, path].filter(Boolean).join(': ')}: ${issue?.message ?? 'not valid'}`);
  }
  const field = issue.keys[0] ?? '';
  const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape).join(', ') : '';
  const why = REFUSED[field] ?? 'Sluice does not know it';
  throw problem(at.of, `${at.path}: ${field} is refused: ${why}; allowed: ${allowed}`);
}

function readYaml(source: KubeconfigSource, of: string): unknown {
  const yaml = source.kind === 'file' ? readText(of, source.path) : source.text;
  try {
    return parseYaml(yaml);
  } catch (error) {
    throw problem(of, `it is not YAML: ${placeOf(error)}`);
  }
}

/** Where the YAML is wrong. The words of the parser may quote what it found, which may be a secret. */
function placeOf(error: unknown): string {
  if (!(error instanceof YAMLParseError)) return 'it cannot be parsed';
  const [start] = error.linePos ?? [];
  return `${error.code}${start ? ` at line ${start.line}, column ${start.col}` : ''}`;
}

function readText(of: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw problem(of, `cannot be read: ${messageOf(error)}`);
  }
}

function problem(of: string, sentence: string): KubeconfigError {
  return new KubeconfigError(`${of}: ${sentence}`);
}

function given<K extends string>(field: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [field]: value } as { [P in K]?: string }); // the key is K
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
