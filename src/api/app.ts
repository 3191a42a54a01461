import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Identity, Role } from './auth/auth.ts';

/** The Fastify instance as plugins and routes see it: request and response types come from their Zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. A route that does not say is for admins. */
    access?: 'public' | Role;
    /** Set on routes that change something: the word for it in the log. */
    verb?: string;
    /** The answer goes on for as long as the client listens, so its duration says nothing. */
    streams?: boolean;
  }

  interface FastifyRequest {
    /** Who asks; null on public routes. */
    identity: Identity | null;
    /** What a mutation came to, one word for the log. */
    outcome: string | null;
  }
}
