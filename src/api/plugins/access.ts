import type { FastifyRequest } from 'fastify';
import { CLI_AGENT } from '../../client/http/request.ts';
import type { Door } from '../../workflows/status.ts';
import type { App } from '../app.ts';
import { type Auth, allows, type Identity, identify, type Role } from '../auth/auth.ts';
import { ProblemError } from '../problem.ts';

/** Decides for each request, before its body is read, who asks and whether they may. */
export function registerAccess(app: App, auth: Auth): void {
  app.decorateRequest('identity', null);
  app.addHook('onRequest', async (request) => {
    if (auth.kind === 'open') checkOrigin(request, auth.hosts);
    const access = accessOf(request);
    if (access === 'public') return;
    request.identity = authenticate(auth, request);
    authorize(request.identity, access, request);
  });
}

/**
 * Who asks, as histories have it: `actor` is the token's name and nothing that the caller could say. The door is no more than
 * how they came: that it was our CLI, the client says of itself.
 */
export function askerOf(request: FastifyRequest): { readonly actor: string; readonly door: Door } {
  const isCli = request.headers['user-agent']?.startsWith(CLI_AGENT) === true;
  return { actor: `http:${request.identity?.name ?? 'nobody'}`, door: isCli ? 'cli' : 'http' };
}

function accessOf(request: FastifyRequest): 'public' | Role {
  if (request.is404) return 'viewer';
  return request.routeOptions.config.access ?? 'admin';
}

function authenticate(auth: Auth, request: FastifyRequest): Identity {
  const identified = identify(auth, request.headers.authorization);
  if (identified.kind === 'known') return identified.identity;
  const isMissing = identified.kind === 'missing';
  const found = isMissing ? 'a token is needed' : 'the token is not one of those in the tokens file';
  // RFC 6750 section 3: the error code only when there was a token.
  const challenge = isMissing ? 'Bearer realm="sluice"' : 'Bearer realm="sluice", error="invalid_token"';
  throw new ProblemError('unauthenticated', `${found}; send it as "Authorization: Bearer ..." (SLUICE_TOKEN)`, {
    headers: { 'www-authenticate': challenge },
  });
}

function authorize(identity: Identity, needed: Role, request: FastifyRequest): void {
  if (allows(identity.role, needed)) return;
  const action = `${request.method} ${request.routeOptions.url ?? request.url}`;
  throw new ProblemError('forbidden', `${identity.name} is a ${identity.role}; ${action} needs ${needed}`);
}

/**
 * Without tokens the browser of somebody on this machine is the way in for any page that it shows: by a name that the page
 * points at 127.0.0.1 (DNS rebinding, told by Host), or by a request across origins (told by Origin).
 */
function checkOrigin(request: FastifyRequest, hosts: readonly string[]): void {
  const { host, origin } = request.headers;
  const hostname = hostnameOf(`http://${host ?? ''}`);
  if (hostname === undefined || !hosts.includes(hostname)) {
    throw new ProblemError(
      'misdirected',
      `without tokens this server answers only to ${[...new Set(hosts)].join(', ')}, found Host ${JSON.stringify(host ?? '')} (a defence against DNS rebinding)`,
    );
  }
  if (origin === undefined || origin.replace(/^https?:\/\//, '') === host) return;
  throw new ProblemError(
    'forbidden',
    `without tokens this server takes no requests from pages of other origins, found Origin ${JSON.stringify(origin)}`,
  );
}

function hostnameOf(url: string): string | undefined {
  return URL.parse(url)?.hostname;
}
