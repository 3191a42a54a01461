/** The samples of a page in the Prometheus text format that have one of these names. */

const NAMES: ReadonlySet<string> = new Set([
  'sluice_kubernetes_requests_total',
  'sluice_kubernetes_watch_events_total',
  'sluice_kubernetes_watch_lists_total',
  'apiserver_request_total',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_eventloop_lag_max_seconds',
]);

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Samples = readonly Sample[];

export function samplesOf(page: string): Samples {
  return page.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = /^([a-z0-9_]+)(?:\{(.*)\})? ([-+0-9.eE]+)/.exec(line) ?? [];
    return NAMES.has(name) ? [{ name, labels: labelsOf(labels), value: Number(value) }] : [];
  });
}

/** Neither our labels nor those of API servers have quotes or commas in their values. */
function labelsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/([a-zA-Z_]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
}

/** The sum of the samples with this name that `matches` takes. */
export function sum(
  samples: Samples,
  name: string,
  matches: (labels: Sample['labels']) => boolean = () => true,
): number {
  return samples.reduce((total, one) => (one.name === name && matches(one.labels) ? total + one.value : total), 0);
}

/** What has been added between two readings, by the text that `keyOf` makes of the labels; undefined leaves a sample out. */
export function growth(
  before: Samples,
  after: Samples,
  { name, keyOf }: { readonly name: string; readonly keyOf: (labels: Sample['labels']) => string | undefined },
): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  const add = (samples: Samples, sign: 1 | -1): void => {
    for (const one of samples) {
      const key = one.name === name ? keyOf(one.labels) : undefined;
      if (key !== undefined) totals.set(key, (totals.get(key) ?? 0) + sign * one.value);
    }
  };
  add(after, 1);
  add(before, -1);
  return new Map([...totals].filter(([, value]) => value !== 0).sort(([, left], [, right]) => right - left));
}
