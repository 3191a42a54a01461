import type { SluiceClient } from '../../client/client.ts';
import {
  applyResultSchema,
  previewSchema,
  statusListSchema,
  statusReadingSchema,
  steeringResultSchema,
} from '../../client/http/schemas.ts';
import { explainPlan } from '../../plan/explain.ts';
import { choice, dnsLabel, object } from '../../spec/fields.ts';
import { documentSchema } from '../../spec/schema.ts';
import type { App } from '../app.ts';
import { withPathNames } from '../body/path-names.ts';
import { askerOf } from '../plugins/access.ts';
import { CONSUMES } from '../plugins/body.ts';
import { namesOfDocument, namespaceAndName, problems, reason } from './schemas.ts';
import { staleness } from './staleness.ts';

const COLLECTION = '/v1/federatedingresses';
export const ITEM = `${COLLECTION}/:namespace/:name`;

const tags = ['federatedingresses'];

/** Apply, read and delete FederatedIngresses. */
export function registerFederatedIngresses(app: App, client: SluiceClient): void {
  registerApply(app, client);
  registerRead(app, client);
  registerDelete(app, client);
}

function registerApply(app: App, client: SluiceClient): void {
  const schema = {
    operationId: 'applyFederatedIngress',
    summary: 'Create or update',
    description:
      'Starts the rollout to this document, or says what it would do (`dryRun=true`). The same document again changes ' +
      'nothing. `metadata.name` and `metadata.namespace` have to be those of the path, or may be left out.',
    tags,
    consumes: CONSUMES,
    params: namesOfDocument,
    querystring: object({
      dryRun: choice(['true', 'false']).default('false').meta({ description: 'Answer the plan, change nothing' }),
      reason: reason(),
    }),
    body: documentSchema,
    response: {
      200: applyResultSchema.or(previewSchema).describe('Updated, unchanged, or the plan of a dry run'),
      201: applyResultSchema.describe('Created'),
      ...problems('invalid', 'hostnameClaimed', 'refused', 'tooLarge', 'unsupportedMediaType', 'unavailable'),
    },
  };
  app.put(ITEM, { config: { access: 'admin', verb: 'apply' }, schema }, async (request, reply) => {
    const document = withPathNames(request.body, request.params);
    if (request.query.dryRun === 'true') {
      const preview = await client.preview(document);
      request.outcome = 'dryRun';
      return { ...preview, text: explainPlan(preview.plan) };
    }
    const { dryRun: _dryRun, ...why } = request.query;
    const result = await client.apply(document, { ...why, ...askerOf(request) });
    request.outcome = result.outcome;
    return reply.code(result.outcome === 'created' ? 201 : 200).send(result);
  });
}

function registerRead(app: App, client: SluiceClient): void {
  const list = {
    operationId: 'listFederatedIngresses',
    summary: 'List',
    description: 'The statuses of all FederatedIngresses, or of those in one namespace.',
    tags,
    querystring: object({ namespace: dnsLabel().optional() }),
    response: { 200: statusListSchema.describe('By namespace and name'), ...problems('invalid', 'unavailable') },
  };
  app.get(COLLECTION, { config: { access: 'viewer' }, schema: list }, async (request, reply) => {
    const reading = await client.list(request.query.namespace);
    return { items: reading.value, ...staleness(reading, reply) };
  });

  const get = {
    operationId: 'getFederatedIngress',
    summary: 'Read one',
    description: 'The full status: shares wanted and in force, readiness and its reason, steps, what it waits for.',
    tags,
    params: namespaceAndName,
    response: {
      200: statusReadingSchema.describe('The status'),
      ...problems('invalid', 'notFound', 'unavailable'),
    },
  };
  app.get(ITEM, { config: { access: 'viewer' }, schema: get }, async (request, reply) => {
    const { namespace, name } = request.params;
    const reading = await client.get(namespace, name);
    return { ...reading.value, ...staleness(reading, reply) };
  });
}

function registerDelete(app: App, client: SluiceClient): void {
  const schema = {
    operationId: 'deleteFederatedIngress',
    summary: 'Drain, then remove',
    description:
      'Answers at once; the traffic is drained before the leaves are removed. Read it until it is gone. A cluster that is ' +
      'away holds the removal up for `deletion.orphanAfter`; `force=true` does not wait for it: what is left there is ' +
      'listed as orphans.',
    tags,
    params: namespaceAndName,
    querystring: object({
      force: choice(['true', 'false'])
        .default('false')
        .meta({ description: 'Leave behind what is in clusters that are away' }),
      reason: reason(),
    }),
    response: {
      202: steeringResultSchema.describe('Accepted'),
      ...problems('invalid', 'notFound', 'refused', 'unavailable'),
    },
  };
  app.delete(ITEM, { config: { access: 'admin', verb: 'delete' }, schema }, async (request, reply) => {
    const { namespace, name } = request.params;
    const { force, ...why } = request.query;
    const input = { ...why, ...(force === 'true' ? { force: true } : {}), ...askerOf(request) };
    const result = await client.steer('delete', namespace, name, input);
    request.outcome = 'accepted';
    return reply.code(202).send(result);
  });
}
