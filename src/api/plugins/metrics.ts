import { Counter, Histogram, type Registry } from 'prom-client';
import type { App } from '../app.ts';

/** Counts and times requests by route template, so that the number of series is bounded whatever is asked for. */
export function registerHttpMetrics(app: App, registry: Registry): void {
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'sluice_http_requests_total',
    help: 'HTTP requests answered, by route template',
    labelNames,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'Time from request to the end of the answer; streams of events are not in it',
    labelNames,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const { url, config } = request.routeOptions;
    const route = request.is404 || url === undefined ? 'unmatched' : url;
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    requests.inc(labels);
    if (config.streams !== true) durations.observe(labels, reply.elapsedTime / 1000);
  });
}
