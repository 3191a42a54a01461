import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { KubeconfigError } from './errors.ts';

/** What a kubeconfig says of one context. */
export interface Credentials {
  readonly server: URL;
  readonly kubeConfig: KubeConfig;
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
 * Reads one context of a kubeconfig (the current one, if none is named). Only a closed set of fields is accepted, and
 * client-node sees nothing but those. Throws KubeconfigError.
 */
export function readKubeconfig(file: string, contextName?: string): Credentials {
  const document = checked(documentSchema, readYaml(file), { file, path: '' });
  const name = contextName ?? document['current-context'];
  if (!name) throw problem(file, 'current-context is missing; set it, or name a context');

  const context = checked(contextSchema, find(file, document, 'context', name), { file, path: `context "${name}"` });
  const path = { cluster: `cluster "${context.cluster}"`, user: `user "${context.user}"` };
  const cluster = checked(clusterSchema, find(file, document, 'cluster', context.cluster), {
    file,
    path: path.cluster,
  });
  const user = checked(userSchema, find(file, document, 'user', context.user), { file, path: path.user });

  const absolute = (one: string | undefined): string | undefined => one && resolve(dirname(file), one);
  const caFile = absolute(cluster['certificate-authority']);
  const certFile = absolute(user['client-certificate']);
  const keyFile = absolute(user['client-key']);
  const tokenFile = absolute(user.tokenFile);
  for (const one of [caFile, certFile, keyFile]) if (one) readText(file, one);

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    {
      name: context.cluster,
      server: cluster.server,
      skipTLSVerify: false,
      ...given('caFile', caFile),
      ...given('caData', cluster['certificate-authority-data']),
    },
    {
      name: context.user,
      // As for kubectl, the file comes before the text: it is the one that is renewed.
      ...given('token', tokenFile ? readText(file, tokenFile).trim() : user.token),
      ...given('certFile', certFile),
      ...given('certData', user['client-certificate-data']),
      ...given('keyFile', keyFile),
      ...given('keyData', user['client-key-data']),
    },
  );
  const files = [file, caFile, certFile, keyFile, tokenFile].filter((one) => one !== undefined);
  return { server: new URL(cluster.server), kubeConfig, files };
}

type Document = z.infer<typeof documentSchema>;

function find(file: string, document: Document, kind: 'context' | 'cluster' | 'user', name: string): unknown {
  const entries = document[`${kind}s`];
  const entry = entries.find((one) => one.name === name);
  if (entry) return entry[kind];
  const names = entries.map((one) => `"${one.name}"`).join(', ');
  throw problem(file, `it has no ${kind} "${name}"; it has: ${names || 'none'}`);
}

function checked<T extends z.ZodType>(schema: T, value: unknown, at: { file: string; path: string }): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  if (issue?.code !== 'unrecognized_keys') {
    throw problem(at.file, `${[at.path, path].filter(Boolean).join(': ')}: ${issue?.message ?? 'not valid'}`);
  }
  const field = issue.keys[0] ?? '';
  const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape).join(', ') : '';
  const why = REFUSED[field] ?? 'Sluice does not know it';
  throw problem(at.file, `${at.path}: ${field} is refused: ${why}; allowed: ${allowed}`);
}

function readYaml(file: string): unknown {
  const yaml = readText(file, file);
  try {
    return parseYaml(yaml);
  } catch (error) {
    // The first line of the message says where; those below quote the file, which holds secrets.
    throw problem(file, `it is not YAML: ${messageOf(error).split('\n')[0] ?? ''}`);
  }
}

function readText(kubeconfig: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw problem(kubeconfig, `cannot be read: ${messageOf(error)}`);
  }
}

function problem(file: string, sentence: string): KubeconfigError {
  return new KubeconfigError(`kubeconfig ${file}: ${sentence}`);
}

function given<K extends string>(field: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [field]: value } as { [P in K]?: string }); // the key is K
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
