import { z } from 'zod';
import { type Problem, type ProblemKind, problemSchema } from '../../client/http/problem.ts';
import { dnsLabel, object, text } from '../../spec/fields.ts';
import { PROBLEMS } from '../problem.ts';

/** What routes share: parameters, and how they say no. */

export const namespaceAndName = object({ namespace: dnsLabel(), name: dnsLabel() });

/** The same where a document comes with them: they become part of it, and whoever reads it says all that is wrong at once. */
export const namesOfDocument = object({
  namespace: z.string().meta({ description: 'A DNS label, as in `metadata.namespace`' }),
  name: z.string().meta({ description: 'A DNS label, as in `metadata.name`' }),
});

/** Goes into the history of the FederatedIngress and into logs: one line, and no novel. */
export const reason = () =>
  text(/^[ -~\u00a0-\uffff]*$/, { maximum: 1_024, allowed: 'one line of at most 1024 characters that says why' })
    .exactOptional()
    .meta({ description: 'Why; kept in the history' });

interface ProblemResponse {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: z.ZodType<Problem> } };
}

type ProblemResponses<Kind extends ProblemKind> = { [K in Kind as (typeof PROBLEMS)[K]['status']]: ProblemResponse };

type EveryRoute = 'unauthenticated' | 'forbidden';

/** The `response` entries for the problems that a route may answer with; those of access are on every route. */
export function problems<Kind extends ProblemKind>(...kinds: readonly Kind[]): ProblemResponses<Kind | EveryRoute> {
  const responses: Record<number, ProblemResponse> = {};
  for (const kind of [...kinds, 'unauthenticated', 'forbidden'] as const) {
    const { status, title } = PROBLEMS[kind];
    const before = responses[status]?.description;
    responses[status] = {
      description: before === undefined ? title : `${before}; or: ${title}`,
      content: { 'application/problem+json': { schema: problemSchema } },
    };
  }
  return responses;
}
