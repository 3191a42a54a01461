import { z } from 'zod';
import type { SluiceClient, SteeringVerb } from '../../client/client.ts';
import { steeringResultSchema } from '../../client/http/schemas.ts';
import { integer, object } from '../../spec/fields.ts';
import { foundAndAllowed } from '../../spec/words.ts';
import type { PromoteInput } from '../../workflows/messages.ts';
import type { App } from '../app.ts';
import { actorOf } from '../plugins/access.ts';
import { CONSUMES } from '../plugins/body.ts';
import { ITEM } from './federated-ingresses.ts';
import { namespaceAndName, problems, reason } from './schemas.ts';

/** More steps than any plan has. */
const MAX_STEP = 10_000;

interface Verb {
  readonly verb: SteeringVerb;
  readonly summary: string;
  readonly description: string;
  /** The actor is not part of it: it comes from the token. */
  readonly body: z.ZodType<Omit<PromoteInput, 'actor'>>;
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
];

/** POST .../{promote,pause,resume,abort,retry}. The body may be left out. */
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
      const result = await client.steer(verb, namespace, name, { ...request.body, actor: actorOf(request) });
      request.outcome = 'done';
      return result;
    });
  }
}

async function allowNoBody(request: { body: unknown }): Promise<void> {
  request.body ??= {};
}
