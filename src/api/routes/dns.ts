import { ClientError } from '../../client/errors.ts';
import { challengeSchema, dnsMessageSchema, explanationSchema } from '../../client/http/dns-schemas.ts';
import { list, object, text } from '../../spec/fields.ts';
import { host } from '../../spec/host.ts';
import type { App } from '../app.ts';
import type { Challenge, DnsService } from '../dns/service.ts';
import { subnet } from '../dns/subnet.ts';
import { summarize } from '../dns/summary.ts';
import { CONSUMES } from '../plugins/body.ts';
import { problems } from './schemas.ts';

/** The DNS servers answer within a second, or not at all. */
const EXPLAIN_DEADLINE_MS = 3_000;
/** A certificate authority looks within minutes; what is forgotten goes by itself. */
const CHALLENGE_LIFETIME_MS = 3_600_000;
const MAX_CHALLENGES = 8;

const DNS = '/v1/dns';

const tags = ['dns'];
const ofHost = object({ host: host() });

/** GET /v1/dns/explain, and /v1/dns/challenges/:host. */
export function registerDns(app: App, dns: DnsService): void {
  registerExplain(app, dns);
  registerSetChallenge(app, dns);
  registerReadChallenge(app, dns);
  registerClearChallenge(app, dns);
}

function registerExplain(app: App, dns: DnsService): void {
  const schema = {
    operationId: 'explainDns',
    summary: 'What a client would get, and why',
    description:
      'Asks every DNS server, as a resolver would, what it would answer for the hostname to a client in `subnet` ' +
      "(without it: to this server's own machine), by which revision, health and draw. It takes nobody's turn.",
    tags,
    querystring: object({ host: host(), subnet: subnet().exactOptional() }),
    response: {
      200: explanationSchema.describe('What each server says'),
      ...problems('invalid', 'notFound', 'unavailable'),
    },
  };
  app.get(`${DNS}/explain`, { config: { access: 'viewer' }, schema }, async (request) => {
    const question = request.query;
    const servers = await dns.explain(question, AbortSignal.timeout(EXPLAIN_DEADLINE_MS));
    const failures = servers.flatMap((server) => (server.kind === 'unknown' ? [server] : []));
    if (failures.length === servers.length) {
      const isGone = failures.every(({ reason }) => reason === 'NotServed');
      throw new ClientError(isGone ? 'notFound' : 'unavailable', failures.map(({ message }) => message).join('; '));
    }
    return { ...question, servers, summary: summarize(question, servers) };
  });
}

function registerSetChallenge(app: App, dns: DnsService): void {
  const value = text(/^[ -~]+$/, { maximum: 255, allowed: 'printable ASCII characters, 1 to 255 of them' });
  const schema = {
    operationId: 'setDnsChallenge',
    summary: 'Answer an ACME challenge',
    description:
      'Answers these values at `_acme-challenge.<host> TXT`, instead of what was there, so that a certificate authority ' +
      'can see that the hostname is yours (RFC 8555 section 8.4). After an hour they go by themselves.',
    tags,
    consumes: CONSUMES,
    params: ofHost,
    body: object({ values: list(value, 'values', MAX_CHALLENGES) }),
    response: {
      200: challengeSchema.describe('What is answered, and until when'),
      ...problems('invalid', 'notFound', 'tooLarge', 'unsupportedMediaType', 'unavailable'),
    },
  };
  app.put(
    `${DNS}/challenges/:host`,
    { config: { access: 'operator', verb: 'setChallenge' }, schema },
    async (request) => {
      const { host: hostname } = request.params;
      if (!(await dns.isClaimed(hostname))) throw notClaimed(hostname);
      const expiresAt = Date.now() + CHALLENGE_LIFETIME_MS;
      const challenge = { host: hostname, values: request.body.values, expiresAt };
      await stored(dns.challenges.put(challenge));
      request.outcome = 'done';
      return toWire(challenge);
    },
  );
}

function registerReadChallenge(app: App, dns: DnsService): void {
  const schema = {
    operationId: 'getDnsChallenge',
    summary: 'Read an ACME challenge',
    description: 'What is answered at `_acme-challenge.<host> TXT`, and until when.',
    tags,
    params: ofHost,
    response: {
      200: challengeSchema.describe('What is answered, and until when'),
      ...problems('invalid', 'notFound', 'unavailable'),
    },
  };
  app.get(`${DNS}/challenges/:host`, { config: { access: 'operator' }, schema }, async (request) => {
    const { host: hostname } = request.params;
    const challenge = await stored(dns.challenges.get(hostname));
    if (challenge !== undefined) return toWire(challenge);
    throw new ClientError('notFound', `nothing is answered at _acme-challenge.${hostname}: it was not set, or expired`);
  });
}

function registerClearChallenge(app: App, dns: DnsService): void {
  const schema = {
    operationId: 'clearDnsChallenge',
    summary: 'Take an ACME challenge back',
    description: 'Answers nothing at `_acme-challenge.<host> TXT` any more. Twice is the same as once.',
    tags,
    params: ofHost,
    response: { 200: dnsMessageSchema.describe('It is gone'), ...problems('invalid', 'unavailable') },
  };
  app.delete(
    `${DNS}/challenges/:host`,
    { config: { access: 'operator', verb: 'clearChallenge' }, schema },
    async (request) => {
      const { host: hostname } = request.params;
      await stored(dns.challenges.remove(hostname));
      request.outcome = 'done';
      return { message: `nothing is answered at _acme-challenge.${hostname} any more` };
    },
  );
}

function notClaimed(hostname: string): ClientError {
  const detail = `no FederatedIngress claims ${hostname}, so the DNS servers do not answer for it; apply one first`;
  return new ClientError('notFound', detail);
}

/** A disk that is full or broken is nothing that the caller did. */
async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError('unavailable', `the store of challenges cannot be used: ${detail}`, { cause });
  }
}

function toWire({ host: hostname, values, expiresAt }: Challenge) {
  return { host: hostname, values, expiresAt: new Date(expiresAt).toISOString() };
}
