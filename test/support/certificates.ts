import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { run } from './output.ts';

export interface TestCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** SHA-256, hex. */
  readonly fingerprint: string;
}

/** A certificate for one hostname, signed by itself. Needs the program `openssl`: node:crypto cannot make one. */
export async function selfSigned(host: string): Promise<TestCertificate> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-certificate-'));
  const files = { key: join(directory, 'tls.key'), certificate: join(directory, 'tls.crt') };
  try {
    const name = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
    const out = ['-keyout', files.key, '-out', files.certificate];
    const { code, stderr } = await run('openssl', ['req', ...kind, ...name, ...out]);
    if (code !== 0) throw new Error(`openssl ended with ${code}: ${stderr}`);
    const certificate = readFileSync(files.certificate, 'utf8');
    const fingerprint = fingerprintOf(new X509Certificate(certificate).fingerprint256);
    return { certificate, key: readFileSync(files.key, 'utf8'), fingerprint };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As cert-manager writes it. */
export function tlsSecret(name: string, { certificate, key }: Pick<TestCertificate, 'certificate' | 'key'>) {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { namespace: 'default', name },
    data: { 'tls.crt': encode(certificate), 'tls.key': encode(key) },
  };
}

export interface HttpsAnswer {
  /** Of the certificate that the server has shown: SHA-256, hex. */
  readonly fingerprint: string;
  readonly body: string;
}

/** One GET over TLS, by name of the server and Host header, whoever has signed its certificate. */
export function getOverTls(address: string, port: number, host: string): Promise<HttpsAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host: address, port, servername: host, rejectUnauthorized: false }, () => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    });
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no answer from ${address}:${port} within 5 s`)));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('end', () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      resolve({ fingerprint: fingerprintOf(fingerprint256), body: Buffer.concat(chunks).toString() });
      socket.destroy();
    });
  });
}

function fingerprintOf(text: string): string {
  return text.replaceAll(':', '').toLowerCase();
}
