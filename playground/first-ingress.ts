import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Say } from './progress.ts';

/** What is read of the status document: enough to follow it. */
interface Status {
  readonly state: string;
  readonly message: string;
}

const PATH = '/v1/federatedingresses/default/shop';
const CALL_TIMEOUT_MS = 10_000;
/** How long the first hostname may take to serve, milliseconds; on an idle machine it takes a few seconds. */
const READY_TIMEOUT_MS = 120_000;
const LOOK_MS = 200;

/** States that nothing leads out of by itself; an ingress of an earlier playground may be in any of them. */
const AT_REST = new Set(['Ready', 'Paused', 'RolledBack', 'Failed']);

export interface FirstIngress {
  readonly apiUrl: string;
  /** YAML. */
  readonly file: string;
  readonly say: Say;
}

/** Applies the first example, unless its name is there already, and follows it until it serves. */
export async function applyFirstIngress({ apiUrl, file, say }: FirstIngress): Promise<Status> {
  const found = await readStatus(apiUrl);
  if (found === undefined) {
    say(`applying ${file}`);
    await put(apiUrl, readFileSync(file, 'utf8'));
  }
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const status = await readStatus(apiUrl);
    if (status !== undefined && AT_REST.has(status.state)) return status;
    const message = status === undefined ? 'no status yet' : `${status.state}, ${status.message}`;
    if (performance.now() > deadline)
      throw new Error(`shop is not ready after ${READY_TIMEOUT_MS / 1_000} s: ${message}`);
    say(message);
    await sleep(LOOK_MS);
  }
}

async function readStatus(apiUrl: string): Promise<Status | undefined> {
  const response = await fetch(`${apiUrl}${PATH}`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  if (response.status === 404) return undefined;
  const text = await response.text();
  if (!response.ok) throw new Error(`GET ${PATH} answers ${response.status}: ${text}`);
  const document = JSON.parse(text) as Partial<Status>; // the API's own status document
  return { state: document.state ?? '', message: document.message ?? '' };
}

async function put(apiUrl: string, yaml: string): Promise<void> {
  const response = await fetch(`${apiUrl}${PATH}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/yaml' },
    body: yaml,
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`PUT ${PATH} answers ${response.status}: ${text}`);
}
