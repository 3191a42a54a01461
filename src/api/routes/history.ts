import { z } from 'zod';
import type { SluiceClient } from '../../client/client.ts';
import { historyListSchema } from '../../client/http/history-schemas.ts';
import { choice, object } from '../../spec/fields.ts';
import type { App } from '../app.ts';
import { ITEM } from './federated-ingresses.ts';
import { namespaceAndName, problems } from './schemas.ts';
import { staleness } from './staleness.ts';

const JSON_LINES = 'application/x-ndjson';

const schema = {
  operationId: 'getFederatedIngressHistory',
  summary: 'Who did what',
  description:
    'Every mutation and every automatic decision that is kept, oldest first: actor, door, reason, and what was different ' +
    'afterwards. As JSON lines, one entry a line, by `Accept: application/x-ndjson` or `format=jsonl`; whoever exports ' +
    'it again and again goes by `number`.',
  tags: ['federatedingresses'],
  params: namespaceAndName,
  querystring: object({
    format: choice(['json', 'jsonl']).optional().meta({ description: 'Wins over the Accept header' }),
  }),
  response: {
    200: {
      description: 'The entries',
      content: {
        'application/json': { schema: historyListSchema },
        [JSON_LINES]: { schema: z.string().meta({ description: 'A HistoryEntry a line' }) },
      },
    },
    ...problems('invalid', 'notFound', 'unavailable'),
  },
};

/** GET .../history. */
export function registerHistory(app: App, client: SluiceClient): void {
  app.get(`${ITEM}/history`, { config: { access: 'viewer' }, schema }, async (request, reply) => {
    const { namespace, name } = request.params;
    const reading = await client.get(namespace, name);
    const stale = staleness(reading, reply);
    const items = reading.value.history;
    if (!wantsLines(request.query.format, request.headers.accept)) return reply.send({ items, ...stale });
    const lines = items.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    return reply.type(`${JSON_LINES}; charset=utf-8`).send(lines);
  });
}

function wantsLines(format: 'json' | 'jsonl' | undefined, accept = ''): boolean {
  return format === undefined ? accept.includes(JSON_LINES) : format === 'jsonl';
}
