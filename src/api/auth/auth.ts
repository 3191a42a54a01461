import { createHash, timingSafeEqual } from 'node:crypto';

/** Each role may do what the ones before it may: read; steer rollouts; apply and delete. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof ROLES)[number];

export interface Identity {
  readonly name: string;
  readonly role: Role;
}

export interface Token extends Identity {
  /** Lower-case hex. A plain hash is enough, because a token is random and long, unlike a password. */
  readonly sha256: string;
}

/** Who may use the API. */
export type Auth =
  /** Everybody who reaches it, which is why it is for loopback only; `hosts` are the names it may be reached by. */
  | { readonly kind: 'open'; readonly hosts: readonly string[] }
  | { readonly kind: 'tokens'; readonly tokens: readonly Token[] };

export type Identified =
  | { readonly kind: 'known'; readonly identity: Identity }
  | { readonly kind: 'missing' }
  | { readonly kind: 'wrong' };

/** Whom everybody is on loopback when no tokens file is given. */
const ANONYMOUS: Identity = { name: 'anonymous', role: 'admin' };

/** Tells who sends this Authorization header. */
export function identify(auth: Auth, authorization: string | undefined): Identified {
  if (auth.kind === 'open') return { kind: 'known', identity: ANONYMOUS };
  if (authorization === undefined) return { kind: 'missing' };
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
  const found = token === undefined ? undefined : findToken(auth.tokens, token);
  if (found === undefined) return { kind: 'wrong' };
  return { kind: 'known', identity: { name: found.name, role: found.role } };
}

export function allows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The hash of a bearer token as the tokens file holds it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** Looks at every entry in constant time, so that the time taken tells nothing about any of them. */
function findToken(tokens: readonly Token[], presented: string): Token | undefined {
  const hash = Buffer.from(hashToken(presented), 'hex');
  let found: Token | undefined;
  for (const token of tokens) {
    if (timingSafeEqual(hash, Buffer.from(token.sha256, 'hex'))) found = token;
  }
  return found;
}
