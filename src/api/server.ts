import { randomUUID } from 'node:crypto';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Registry } from 'prom-client';
import type { SluiceClient } from '../client/client.ts';
import type { ComponentReadiness } from '../client/http/readiness-schema.ts';
import type { Logger } from '../lib/log.ts';
import type { App } from './app.ts';
import type { Auth } from './auth/auth.ts';
import type { DnsService } from './dns/service.ts';
import { registerAccess } from './plugins/access.ts';
import { registerAudit } from './plugins/audit.ts';
import { registerBodyParsers } from './plugins/body.ts';
import { registerErrors, sendProblem } from './plugins/errors.ts';
import { registerHttpMetrics } from './plugins/metrics.ts';
import { registerOpenApi } from './plugins/openapi.ts';
import { registerValidation } from './plugins/validation.ts';
import { MAX_BODY_BYTES } from './problem.ts';
import { registerDns } from './routes/dns.ts';
import { registerEvents } from './routes/events.ts';
import { registerFederatedIngresses } from './routes/federated-ingresses.ts';
import { registerHistory } from './routes/history.ts';
import { registerOperations } from './routes/operations.ts';
import { registerSimulate } from './routes/simulate.ts';
import { registerSteering } from './routes/steering.ts';

export interface ApiOptions {
  readonly client: SluiceClient;
  readonly dns: DnsService;
  /** Every component that this process needs; has to answer within a few seconds whatever is broken. */
  readonly readiness: () => Promise<readonly ComponentReadiness[]>;
  readonly metrics: Registry;
  readonly auth: Auth;
  readonly log: Logger;
  readonly version: string;
  /** Between two comments on a stream of events; 15,000 when absent, because proxies cut at 30 to 60 s of silence. */
  readonly heartbeatMs?: number;
}

/** A whole request, headers and body, has to arrive in this time. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** More than the 60 s after which common proxies drop idle connections to us: they shall be the ones to close. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** A host name; everything in a path is shorter. */
const MAX_PARAM_LENGTH = 253;

/** The HTTP API. The caller listens and closes; `checkListen` says first whether it may. */
export function createApi(options: ApiOptions): FastifyInstance {
  const { client, dns, auth, log, version, metrics, readiness, heartbeatMs = 15_000 } = options;
  const loggerInstance: FastifyBaseLogger = log;
  const app: App = fastify({
    loggerInstance,
    // A line for each request would drown those for the mutations, which registerAudit writes.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => {
      void sendProblem(error, request, reply);
    },
  }).withTypeProvider<ZodTypeProvider>();

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' });
  });
  // The order is that in which hooks run: what counts and logs comes first, so that refusals are counted and logged too.
  registerHttpMetrics(app, metrics);
  registerAudit(app);
  registerAccess(app, auth);
  registerErrors(app);
  registerValidation(app);
  registerBodyParsers(app);
  registerOpenApi(app, { auth, version });
  void app.register(async (scope) => {
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    registerFederatedIngresses(routes, client);
    registerHistory(routes, client);
    registerSimulate(routes, client);
    registerSteering(routes, client);
    registerEvents(routes, { client, heartbeatMs });
    registerDns(routes, dns);
    registerOperations(routes, { readiness, metrics, version });
  });
  return app;
}
