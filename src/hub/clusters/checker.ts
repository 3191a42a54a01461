import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { RegisteredCluster } from '../../lib/kubernetes/cluster-registry.ts';
import { type ClusterCheck, checkCluster, pingCluster } from './check.ts';

export interface CheckerOptions {
  readonly onCheck: (check: ClusterCheck) => void;
  /** Between two looks at whether the cluster answers, milliseconds. */
  readonly pingMs?: number;
  /** 0 to 1, so that many clusters are not asked at the same moment. */
  readonly random?: () => number;
}

const PING_MS = 20_000;
/** Rights are some fifty questions: asked when something changes, and this often. */
const RIGHTS_MS = 5 * 60_000;
/** A look that fails once may be a moment's; before it counts there is another one. */
const SECOND_LOOK_MS = 1_000;

/** Looks at one cluster again and again, apart from all others. */
export class ClusterChecker {
  readonly #options: CheckerOptions;
  readonly #stopped = new AbortController();
  #cluster: RegisteredCluster;
  #kubeconfig: RegisteredCluster['kubeconfig'];
  #check: ClusterCheck | undefined;
  #rightsAt = Number.NEGATIVE_INFINITY;
  /** Ends the look or the pause that is under way. */
  #round = new AbortController();

  constructor(cluster: RegisteredCluster, options: CheckerOptions) {
    this.#cluster = cluster;
    this.#kubeconfig = cluster.kubeconfig;
    this.#options = options;
    void this.#run();
  }

  get cluster(): RegisteredCluster {
    return this.#cluster;
  }

  get check(): ClusterCheck | undefined {
    return this.#check;
  }

  /** The cluster as it is registered now. With other credentials all is asked again, at once. */
  point(cluster: RegisteredCluster): void {
    const isSame = cluster === this.#cluster && isDeepStrictEqual(cluster.kubeconfig, this.#kubeconfig);
    this.#cluster = cluster;
    this.#kubeconfig = cluster.kubeconfig;
    if (!isSame) this.recheck();
  }

  recheck(): void {
    this.#rightsAt = Number.NEGATIVE_INFINITY;
    this.#round.abort();
  }

  stop(): void {
    this.#stopped.abort();
    this.#round.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      this.#round = new AbortController();
      const { signal } = this.#round;
      // Called off: the next round begins.
      await this.#look(signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      const { pingMs = PING_MS, random = Math.random } = this.#options;
      await pause(pingMs * (0.75 + random() / 2), signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    let check = await this.#ask(signal);
    if (check.kind === 'unreachable' && this.#check?.kind === 'checked') {
      await pause(SECOND_LOOK_MS, signal);
      check = await this.#ask(signal);
    }
    signal.throwIfAborted();
    this.#check = check;
    this.#options.onCheck(check);
  }

  async #ask(signal: AbortSignal): Promise<ClusterCheck> {
    const known = this.#check;
    // While rights are missing somebody is about to give them.
    const isFresh = known?.kind === 'checked' && known.missing.length === 0;
    if (isFresh && performance.now() - this.#rightsAt < RIGHTS_MS) {
      const answer = await pingCluster(this.#cluster, { signal });
      return answer === 'answers' ? known : answer;
    }
    const check = await checkCluster(this.#cluster, { signal });
    if (check.kind === 'checked') this.#rightsAt = performance.now();
    return check;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  // Called off: whoever paused looks at the signal.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
