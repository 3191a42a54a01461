import type { FastifyReply } from 'fastify';
import type { Reading } from '../../client/client.ts';

/** The field, and on the reply the header, that say since when a reading is stale. */
export function staleness({ staleSince }: Reading<unknown>, reply: FastifyReply): { staleSince?: string } {
  if (staleSince === undefined) return {};
  reply.header('x-sluice-stale-since', staleSince);
  return { staleSince };
}
