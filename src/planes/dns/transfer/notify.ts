import type { FlatRecord } from '../wire/flat-record.ts';
import { nameKey } from '../wire/names.ts';
import { type Delivered, deliverNotify, pause } from './notify-delivery.ts';
import type { Secondary } from './policy.ts';

export interface NotifierOptions {
  readonly secondaries: readonly Secondary[];
  /** IP address to send from: secondaries tell by it who notifies. The system's choice when absent or of the other family. */
  readonly source?: string | undefined;
  /** Called once for each change and secondary, unless the notifier is stopped first. */
  readonly onOutcome: (outcome: NotifyOutcome) => void;
  readonly timing?: NotifyTiming;
}

export interface NotifyTiming {
  /** How long the reply to each try is waited for, milliseconds. */
  readonly waitsMs: readonly number[];
  /** Changes of a zone in less than this go out together, milliseconds. */
  readonly gapMs: number;
}

/** More eager than RFC 1996 section 3.6: a secondary that hears late gives old answers. */
export const NOTIFY_TIMING: NotifyTiming = { waitsMs: [1_000, 2_000, 4_000, 8_000, 16_000], gapMs: 500 };

/** What became of the news of one serial at one secondary. */
export interface NotifyOutcome {
  readonly secondary: Secondary;
  readonly soa: FlatRecord;
  readonly tries: number;
  readonly milliseconds: number;
  /** Superseded: a newer serial was there first. */
  readonly result: Delivered['result'] | { readonly kind: 'superseded' };
}

/** Tells secondaries of changes (RFC 1996), each in its own time: one that is down holds up no other. */
export class Notifier {
  readonly #options: NotifierOptions;
  /** By secondary, then by zone. */
  readonly #routes: readonly Map<string, Route>[];
  #stopped = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#routes = options.secondaries.map(() => new Map());
  }

  /** The zone that this SOA is of has changed. What is still on its way for an older serial of it is given up. */
  changed(soa: FlatRecord): void {
    if (this.#stopped) return;
    const zone = nameKey(soa.owner, 0, soa.owner.length);
    this.#options.secondaries.forEach((secondary, index) => {
      const routes = this.#routes[index];
      const route = routes?.get(zone) ?? new Route(secondary, this.#routeOptions());
      routes?.set(zone, route);
      route.send(soa);
    });
  }

  /** Gives up what is on its way. No outcome is told from now on. */
  stop(): void {
    this.#stopped = true;
    for (const routes of this.#routes) for (const route of routes.values()) route.stop();
  }

  #routeOptions(): RouteOptions {
    const { source, timing = NOTIFY_TIMING, onOutcome } = this.#options;
    const report = (outcome: NotifyOutcome) => {
      if (!this.#stopped) onOutcome(outcome);
    };
    return { source, timing, report };
  }
}

interface RouteOptions {
  readonly source: string | undefined;
  readonly timing: NotifyTiming;
  readonly report: (outcome: NotifyOutcome) => void;
}

/** The way of one zone's news to one secondary: the newest only. */
class Route {
  readonly #secondary: Secondary;
  readonly #options: RouteOptions;
  #current = new AbortController();
  /** Not before, on the clock of `performance`, milliseconds. */
  #nextStart = 0;

  constructor(secondary: Secondary, options: RouteOptions) {
    this.#secondary = secondary;
    this.#options = options;
  }

  send(soa: FlatRecord): void {
    this.#current.abort();
    this.#current = new AbortController();
    void this.#deliver(soa, this.#current.signal);
  }

  stop(): void {
    this.#current.abort();
  }

  async #deliver(soa: FlatRecord, signal: AbortSignal): Promise<void> {
    const { source, timing, report } = this.#options;
    const secondary = this.#secondary;
    const start = performance.now();
    await pause(this.#nextStart - start, signal);
    const tell = (tries: number, result: NotifyOutcome['result']) =>
      report({ secondary, soa, tries, milliseconds: Math.round(performance.now() - start), result });
    if (signal.aborted) return tell(0, { kind: 'superseded' });
    this.#nextStart = performance.now() + timing.gapMs;
    const { tries, result } = await deliverNotify({ secondary, soa, source, waitsMs: timing.waitsMs, signal });
    tell(tries, signal.aborted && result.kind === 'failed' ? { kind: 'superseded' } : result);
  }
}
