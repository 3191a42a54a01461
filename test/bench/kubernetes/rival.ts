import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { INGRESS } from '../../../src/lib/kubernetes/resources.ts';
import { rawIngress } from './documents.ts';
import type { Work } from './doors.ts';
import type { Member } from './installation.ts';
import { whenEach } from './when-each.ts';

export interface Raw {
  readonly objects: number;
  /** Until kubectl has ended in all clusters. */
  readonly appliedMs: number;
  /** Until every Ingress has an address. */
  readonly totalMs: number;
  readonly removedMs: number;
}

/**
 * The same Ingresses, written by `kubectl apply --server-side` from one file a cluster, in all clusters at once, and removed
 * again: nobody could be faster who writes the leaves and nothing else.
 */
export async function writeRaw(work: Work): Promise<Raw> {
  const { members } = work.installation;
  const files = members.map((member) => ({ member, ...fileFor(work, member) }));
  const startedAt = performance.now();
  const applied = Promise.all(
    files.map(({ member, path }) => kubectl(work, member, ['apply', '--server-side', '-f', path])),
  );
  const addressed = files.map(({ member, names }) =>
    whenEach(member.cluster.watches.of({ resource: INGRESS }), {
      what: `kubectl: addresses in ${member.name}`,
      names,
      ok: (object, name) => object !== undefined && member.gateway.writtenAt.has(name),
      show: work.show,
    }),
  );
  await applied;
  const appliedMs = performance.now() - startedAt;
  await Promise.all(addressed);
  const totalMs = performance.now() - startedAt;
  const removing = performance.now();
  await Promise.all(files.map(({ member, path }) => kubectl(work, member, ['delete', '--wait=false', '-f', path])));
  const objects = files.reduce((sum, { names }) => sum + names.length, 0);
  return { objects, appliedMs, totalMs, removedMs: performance.now() - removing };
}

function fileFor(
  { installation, ingresses }: Work,
  { name: cluster }: Member,
): { path: string; names: readonly string[] } {
  const items = ingresses.filter(({ clusters }) => clusters.includes(cluster)).map((one) => rawIngress(one, cluster));
  const path = join(installation.playground.directory, `raw-${cluster}.json`);
  writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  return { path, names: items.map(({ metadata }) => metadata.name ?? '') };
}

const KUBECTL_MS = 300_000;
const OUTPUT_OCTETS = 16 * 2 ** 20;

/** Throws what kubectl says when it fails. */
async function kubectl({ installation }: Work, { adminKubeconfig }: Member, args: readonly string[]): Promise<void> {
  const env = { ...process.env, KUBECONFIG: adminKubeconfig };
  await promisify(execFile)(installation.playground.kubectl, args, {
    env,
    timeout: KUBECTL_MS,
    maxBuffer: OUTPUT_OCTETS,
  });
}
