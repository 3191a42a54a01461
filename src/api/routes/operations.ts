import type { Registry } from 'prom-client';
import { z } from 'zod';
import { type ComponentReadiness, readinessSchema } from '../../client/http/readiness-schema.ts';
import type { App } from '../app.ts';
import { problems } from './schemas.ts';

export interface OperationsOptions {
  readonly readiness: () => Promise<readonly ComponentReadiness[]>;
  readonly metrics: Registry;
  readonly version: string;
}

const tags = ['operations'];

/** Health, readiness, metrics, the description of the API. */
export function registerOperations(app: App, options: OperationsOptions): void {
  registerHealth(app, options);
  registerMetrics(app, options.metrics);
  registerDescription(app);
}

function registerHealth(app: App, { readiness, version }: OperationsOptions): void {
  const healthz = {
    operationId: 'healthz',
    summary: 'Is the process alive',
    description: 'Asks nobody else: 200 for as long as the process can answer.',
    tags,
    response: { 200: z.object({ status: z.literal('ok'), version: z.string() }).describe('It is alive') },
  };
  app.get('/healthz', { config: { access: 'public' }, schema: healthz }, async () => ({
    status: 'ok' as const,
    version,
  }));

  const readyz = {
    operationId: 'readyz',
    summary: 'Can it do its work',
    description:
      'Each component with what is missing: Temporal and its pollers, DNS sockets, the hub, clusters. It is ready when all that are required are; member clusters are not.',
    tags,
    response: {
      200: readinessSchema.describe('All required are ready'),
      503: readinessSchema.describe('Some are not'),
    },
  };
  app.get('/readyz', { config: { access: 'public' }, schema: readyz }, async (_request, reply) => {
    const components = await readiness();
    const ready = components.every((component) => component.ready || !component.required);
    return reply.code(ready ? 200 : 503).send({ ready, components });
  });
}

function registerMetrics(app: App, metrics: Registry): void {
  const schema = {
    operationId: 'metrics',
    summary: 'Metrics',
    description: 'In the text format of Prometheus.',
    tags,
    response: {
      200: { description: 'All metrics', content: { 'text/plain': { schema: z.string() } } },
      ...problems(),
    },
  };
  app.get('/metrics', { config: { access: 'viewer' }, schema }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

function registerDescription(app: App): void {
  const schema = {
    operationId: 'openapi',
    summary: 'This description',
    description: 'OpenAPI 3.1; for people at /docs.',
    tags,
    response: { 200: z.looseObject({}).describe('An OpenAPI document') },
  };
  app.get('/openapi.json', { config: { access: 'public' }, schema }, async () => ({ ...app.swagger() }));
  app.get('/', { config: { access: 'public' }, schema: { hide: true } }, async (_request, reply) =>
    reply.redirect('/docs'),
  );
}
