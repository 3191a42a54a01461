import type { SluiceClient } from '../../client/client.ts';
import { simulationSchema } from '../../client/http/simulation-schemas.ts';
import { FAULT_FORM, parseFault, parseRecovery, RECOVERY_FORM } from '../../plan/simulate-scenario.ts';
import { explainSimulation } from '../../plan/simulate-text.ts';
import { list, object, text } from '../../spec/fields.ts';
import { documentSchema } from '../../spec/schema.ts';
import { foundAndAllowed } from '../../spec/words.ts';
import type { App } from '../app.ts';
import { withPathNames } from '../body/path-names.ts';
import { CONSUMES } from '../plugins/body.ts';
import { invalidProblem } from '../problem.ts';
import { ITEM } from './federated-ingresses.ts';
import { namesOfDocument, problems } from './schemas.ts';

/** More than anybody can tell apart in one simulation. */
const MOST = 50;

const fault = text(/^[!-~]+$/, { maximum: 200, allowed: FAULT_FORM });
const recovery = text(/^[!-~]+$/, { maximum: 200, allowed: RECOVERY_FORM });

const schema = {
  operationId: 'simulateFederatedIngress',
  summary: 'How a rollout would go',
  description:
    'Walks the plan that applying this document would walk on a moved clock while clusters fail and recover, and answers ' +
    'what happens when: shares, waits, decisions, the end. Nothing is changed.',
  tags: ['federatedingresses'],
  consumes: CONSUMES,
  params: namesOfDocument,
  querystring: object({
    fail: fault
      .or(list(fault, 'faults', MOST))
      .exactOptional()
      .meta({ description: `May be given again; ${FAULT_FORM}` }),
    recover: recovery
      .or(list(recovery, 'recoveries', MOST))
      .exactOptional()
      .meta({ description: `May be given again; ${RECOVERY_FORM}` }),
  }),
  body: documentSchema,
  response: {
    200: simulationSchema,
    ...problems('invalid', 'hostnameClaimed', 'refused', 'tooLarge', 'unsupportedMediaType', 'unavailable'),
  },
};

/** POST .../simulate. */
export function registerSimulate(app: App, client: SluiceClient): void {
  app.post(`${ITEM}/simulate`, { config: { access: 'viewer' }, schema }, async (request) => {
    const { fail = [], recover = [] } = request.query;
    const scenario = {
      faults: [fail].flat().map((found) => parseFault(found) ?? refuse('fail', found, FAULT_FORM)),
      recoveries: [recover].flat().map((found) => parseRecovery(found) ?? refuse('recover', found, RECOVERY_FORM)),
    };
    const simulation = await client.simulate(withPathNames(request.body, request.params), scenario);
    return { ...simulation, text: explainSimulation(simulation) };
  });
}

function refuse(name: string, found: string, form: string): never {
  const issue = { path: `query.${name}`, message: foundAndAllowed(found, form) };
  throw invalidProblem('the request is not right', [issue]);
}
