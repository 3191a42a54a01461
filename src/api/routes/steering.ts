import { z } from 'zod';
import type { SluiceClient, SteeringVerb } from '../../client/client.ts';
import { steeringResultSchema } from '../../client/http/schemas.ts';
import { integer, object, objectName } from '../../spec/fields.ts';
import { foundAndAllowed } from '../../spec/words.ts';
import type { PromoteInput } from '../../workflows/messages.ts';
import type { App } from '../app.ts';
import { askerOf } from '../plugins/access.ts';
import { CONSUMES } from '../plugins/body.ts';
import { ITEM } from './federated-ingresses.ts';
import { namespaceAndName, problems, reason } from './schemas.ts';

/** More steps than any plan has. */
const MAX_STEP = 10_000;

interface Verb {
  readonly verb: SteeringVerb;
  readonly summary: string;
  readonly description: string;
  /** Who asks is not part of it: that comes from the token and the connection. */
  readonly body: z.ZodType<Omit<PromoteInput, 'actor' | 'door'>>;
}

const onlyReason = object({ reason: reason() });

const promoteBody = object({
  step: integer(1, MAX_STEP).exactOptional().meta({
    description: '1-based, as people see it; refused if the rollout has moved on to another',
  }),
  full: z
    .boolean({ error: ({ input }) => foundAndAllowed(input, 'true or false') })
    .exactOptional()
    .meta({ description: 'Skip all pauses that are left' }),
  reason: reason(),
});

const undoBody = object({
  toGeneration: integer(1, Number.MAX_SAFE_INTEGER).exactOptional().meta({
    description: 'One of `undoable` of the status; absent: the last that completed before the newest',
  }),
  reason: reason(),
});

const clusterBody = object({
  cluster: objectName('a cluster', 'east').meta({ description: 'Whose share moves, in this FederatedIngress' }),
  reason: reason(),
});

const VERBS: readonly Verb[] = [
  { verb: 'promote', summary: 'End the pause', description: 'Ends the pause of the current step.', body: promoteBody },
  {
    verb: 'pause',
    summary: 'Hold',
    description: 'The next step does not begin until it is resumed.',
    body: onlyReason,
  },
  { verb: 'resume', summary: 'Go on', description: 'Takes back `pause`.', body: onlyReason },
  {
    verb: 'abort',
    summary: 'Roll back',
    description: 'Takes the traffic back to the generation that was completed last.',
    body: onlyReason,
  },
  {
    verb: 'retry',
    summary: 'Try again',
    description: 'Begins a rollout that was taken back once more.',
    body: onlyReason,
  },
  {
    verb: 'undo',
    summary: 'Go back to an earlier generation',
    description:
      'Makes the document of an earlier generation the newest one. A generation that completed within `rollbackWindow` is ' +
      'gone back to without its steps.',
    body: undoBody,
  },
  {
    verb: 'drain',
    summary: 'Take all traffic from a cluster',
    description:
      'Moves the share of a cluster to the others, in proportion and by the strategy; whatever is applied later, it gets ' +
      'none until `undrain`. Works while a rollout runs.',
    body: clusterBody,
  },
  {
    verb: 'undrain',
    summary: 'Give a cluster its traffic back',
    description: 'Takes back `drain`: the cluster gets its share again, by the strategy.',
    body: clusterBody,
  },
];

/** POST .../{promote,pause,resume,abort,retry,undo,drain,undrain}. Where nothing is needed the body may be left out. */
export function registerSteering(app: App, client: SluiceClient): void {
  for (const { verb, summary, description, body } of VERBS) {
    const schema = {
      operationId: `${verb}FederatedIngress`,
      summary,
      description,
      tags: ['steering'],
      consumes: CONSUMES,
      params: namespaceAndName,
      body,
      response: {
        200: steeringResultSchema.describe('What happens now'),
        ...problems('invalid', 'notFound', 'refused', 'tooLarge', 'unsupportedMediaType', 'unavailable'),
      },
    };
    const config = { access: 'operator', verb } as const;
    app.post(`${ITEM}/${verb}`, { config, schema, preValidation: allowNoBody }, async (request) => {
      const { namespace, name } = request.params;
      const result = await client.steer(verb, namespace, name, { ...request.body, ...askerOf(request) });
      request.outcome = 'done';
      return result;
    });
  }
}

async function allowNoBody(request: { body: unknown }): Promise<void> {
  request.body ??= {};
}
