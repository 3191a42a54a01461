import { z } from 'zod';
import type { SluiceClient } from '../../client/client.ts';
import type { App } from '../app.ts';
import { EventStream } from '../event-stream.ts';
import { toProblem, toProblemError } from '../problem.ts';
import { ITEM } from './federated-ingresses.ts';
import { namespaceAndName, problems } from './schemas.ts';

const schema = {
  operationId: 'watchFederatedIngress',
  summary: 'Watch',
  description:
    'Server-sent events: `status` with the full status (as GET answers it) at once and at each change, `end` when it ' +
    'was deleted, `problem` with a problem document when watching failed. A comment every 15 s shows that it is alive. ' +
    'After a break connect again: the first event is the present status.',
  tags: ['federatedingresses'],
  params: namespaceAndName,
  response: {
    200: {
      description: 'The stream',
      content: { 'text/event-stream': { schema: z.string().meta({ examples: ['event: status\ndata: {...}\n\n'] }) } },
    },
    ...problems('invalid', 'notFound', 'unavailable'),
  },
};

/** GET .../events. The streams end when the server closes. */
export function registerEvents(app: App, options: { client: SluiceClient; heartbeatMs: number }): void {
  const open = new Set<EventStream>();
  app.addHook('preClose', async () => {
    for (const stream of open) stream.close();
  });
  const config = { access: 'viewer', streams: true } as const;
  // Fastify would answer HEAD by the same handler, which does not end.
  app.get(`${ITEM}/events`, { config, schema, exposeHeadRoute: false }, async (request, reply) => {
    const { namespace, name } = request.params;
    const stream = new EventStream(reply, options.heartbeatMs);
    open.add(stream);
    try {
      await options.client.watch(
        namespace,
        name,
        ({ value, ...stale }) => stream.send('status', { ...value, ...stale }),
        stream.signal,
      );
      if (!stream.signal.aborted) stream.send('end', { namespace, name });
    } catch (error) {
      if (!stream.begun) throw error;
      stream.send('problem', toProblem(toProblemError(error), request.id));
    } finally {
      stream.close();
      open.delete(stream);
    }
    return reply;
  });
}
