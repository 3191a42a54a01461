import type { App } from '../app.ts';

/** One log line for each request that asked for a change: who, what, on which object, what it came to. */
export function registerAudit(app: App): void {
  app.decorateRequest('outcome', null);
  app.addHook('onResponse', async (request, reply) => {
    const { verb } = request.routeOptions.config;
    if (verb === undefined) return;
    const fields = {
      actor: request.identity?.name ?? null,
      role: request.identity?.role ?? null,
      from: request.ip,
      verb,
      ingress: objectOf(request.params),
      host: hostOf(request.params),
      outcome: request.outcome,
      status: reply.statusCode,
    };
    // The request id is a field of request.log already.
    if (reply.statusCode < 400) request.log.info(fields, 'mutation');
    else request.log.warn(fields, 'mutation not done');
  });
}

/** `default/shop`; undefined when the route names no object. */
function objectOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('namespace' in params && 'name' in params)) return undefined;
  return `${String(params.namespace)}/${String(params.name)}`;
}

/** `shop.example.test`; undefined when the route names no hostname. */
function hostOf(params: unknown): string | undefined {
  return typeof params === 'object' && params !== null && 'host' in params ? String(params.host) : undefined;
}
