import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from '../app.ts';
import type { Auth } from '../auth/auth.ts';
import { tidyComponents } from './openapi-components.ts';

const DESCRIPTION = `
One hostname from many Kubernetes clusters, moved without an outage. Documents are JSON or YAML, at most 256 KiB; errors
are problem documents (RFC 9457) whose \`issues\` name each fault by its path. While Temporal cannot be reached, reads
answer the last status seen and say since when it is stale (\`staleSince\`, \`X-Sluice-Stale-Since\`), and writes answer
503 with Retry-After.
`;

/** Only what this server itself sends; the logo is in a data URL. Plain HTTP stays possible, behind a tunnel for example. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; base-uri 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; style-src 'self' 'unsafe-inline'";

/** The bar at the top is for choosing among descriptions, and there is one. */
const PAGE_STYLE = '.swagger-ui .topbar { display: none }';

/** /openapi.json from the schemas of the routes, and /docs to read it. To be registered before the routes. */
export function registerOpenApi(app: App, options: { auth: Auth; version: string }): void {
  const needsToken = options.auth.kind === 'tokens';
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice', version: options.version, description: DESCRIPTION.trim() },
      tags: [
        { name: 'federatedingresses', description: 'Apply, read and delete' },
        { name: 'steering', description: 'Steer the rollout that is going on' },
        { name: 'dns', description: 'What the DNS servers answer' },
        { name: 'operations', description: 'Health, metrics, this description' },
      ],
      ...(needsToken && { security: [{ token: [] }] }),
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
    transform: (document) => {
      const result = jsonSchemaTransform(document);
      if (document.route.config?.access !== 'public' || !result.schema) return result;
      // An empty list takes the security of the document off this route.
      return { ...result, schema: { ...result.schema, security: [] } };
    },
    transformObject: (document) => tidyComponents(jsonSchemaTransformObject(document)),
  });
  // A page for people, without anything of the state: it needs no token, or nobody could get there to enter one.
  void app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: CONTENT_SECURITY_POLICY,
      // The page would send the description to a validator on the internet.
      uiConfig: { validatorUrl: null },
      theme: { title: 'Sluice: HTTP API', css: [{ filename: 'sluice.css', content: PAGE_STYLE }] },
    });
  });
}
