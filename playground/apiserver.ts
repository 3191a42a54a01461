import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type KubeAccess, KubeApi } from './kube-api.ts';
import type { ManagedProcess, Processes } from './processes.ts';

export interface ApiServerOptions {
  readonly binary: string;
  /** The name of the cluster; its objects are kept apart by it. */
  readonly name: string;
  readonly directory: string;
  readonly address: string;
  readonly port: number;
  readonly etcd: string;
}

export interface ApiServer {
  readonly process: ManagedProcess;
  /** Of the user `sluice`, who may do what RBAC gives. */
  readonly kubeconfig: string;
  /** Of the user `admin`, who may do everything. */
  readonly adminKubeconfig: string;
  readonly directory: string;
  /** As `admin`. */
  readonly access: KubeAccess;
  readonly certificate: ServerCertificate;
}

/** PEM files that a stand-in for the API server, at the same address, can serve with. */
export interface ServerCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** The user that Sluice is in every cluster. It has no group: all that it may do is what a role gives it. */
export const SLUICE_USER = 'sluice';

/** A kube-apiserver without nodes and controllers: it stores, validates and serves objects, and that is what Sluice needs. */
export async function startApiServer(processes: Processes, options: ApiServerOptions): Promise<ApiServer> {
  const files = prepareFiles(options.directory);
  const server = `https://${options.address}:${options.port}`;
  const managed = await processes.start({
    name: `apiserver-${options.name}`,
    command: options.binary,
    args: apiServerArguments(options, files),
    ready: () => readiness(server, files),
  });
  const access = { server, ca: readAuthority(files), token: files.adminToken };
  const kubeconfig = join(options.directory, 'kubeconfig');
  const adminKubeconfig = join(options.directory, 'admin.kubeconfig');
  const write = (file: string, token: string): void =>
    writeFileSync(file, formatKubeconfig(options.name, { ...access, token }), { mode: 0o600 });
  write(kubeconfig, files.sluiceToken);
  write(adminKubeconfig, files.adminToken);
  const { directory } = options;
  return { process: managed, kubeconfig, adminKubeconfig, directory, access, certificate: certificateOf(files) };
}

interface Files {
  readonly certificates: string;
  readonly tokens: string;
  readonly signingKey: string;
  readonly adminToken: string;
  readonly sluiceToken: string;
}

/**
 * New certificates and new tokens with each start of the playground: nothing expires. They stay as they are while the
 * playground runs, so that an API server which is stopped and started again is the same to its clients.
 */
function prepareFiles(directory: string): Files {
  mkdirSync(directory, { recursive: true });
  const certificates = join(directory, 'certificates');
  rmSync(certificates, { recursive: true, force: true });
  const [adminToken, sluiceToken] = [newToken(), newToken()];
  const tokens = join(directory, 'tokens.csv');
  // Fields: token, user, user id, groups.
  const lines = [`${adminToken},admin,admin,"system:masters"`, `${sluiceToken},${SLUICE_USER},${SLUICE_USER}`];
  writeFileSync(tokens, `${lines.join('\n')}\n`, { mode: 0o600 });
  const signingKey = join(directory, 'service-account.key');
  if (!existsSync(signingKey)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    writeFileSync(signingKey, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  }
  return { certificates, tokens, signingKey, adminToken, sluiceToken };
}

function newToken(): string {
  return randomBytes(24).toString('base64url');
}

function apiServerArguments(options: ApiServerOptions, files: Files): readonly string[] {
  return [
    `--bind-address=${options.address}`,
    `--advertise-address=${options.address}`,
    `--secure-port=${options.port}`,
    // With no certificate in it, the server makes an authority and a certificate for its address by itself.
    `--cert-dir=${files.certificates}`,
    `--etcd-servers=${options.etcd}`,
    `--etcd-prefix=/${options.name}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=RBAC',
    '--anonymous-auth=false',
    // No controller makes service accounts here, and the endpoints of `kubernetes` may not be loopback addresses.
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
    '--service-account-issuer=https://playground.example.test',
    `--service-account-key-file=${files.signingKey}`,
    `--service-account-signing-key-file=${files.signingKey}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    // Its bootstrap objects would delay the first readiness.
    '--enable-priority-and-fairness=false',
    '--profiling=false',
  ];
}

async function readiness(server: string, files: Files): Promise<true | string> {
  if (!existsSync(certificateOf(files).certificateFile)) return 'no certificate yet';
  const api = new KubeApi({ server, ca: readAuthority(files), token: files.adminToken });
  const ready = await api.ready();
  api.close();
  return ready;
}

function certificateOf({ certificates }: Files): ServerCertificate {
  return { certificateFile: join(certificates, 'apiserver.crt'), keyFile: join(certificates, 'apiserver.key') };
}

/** The file holds the server's certificate and, behind it, that of the authority which has signed it. */
function readAuthority(files: Files): string {
  return readFileSync(certificateOf(files).certificateFile, 'utf8');
}

function formatKubeconfig(name: string, { server, ca, token }: KubeAccess): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
  });
}
