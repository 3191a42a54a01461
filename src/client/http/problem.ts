import { z } from 'zod';

/** How the API says no: RFC 9457 problem details. Shared by the server, which writes them, and the client, which reads them. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: '`urn:sluice:problem:<kind>`, stable, for programs' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What was found, what is allowed, what to do next' }),
    issues: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .meta({ description: 'Each thing that is wrong with the document, by its path in it' }),
    requestId: z.string().meta({ description: 'Names this request in the log of the server' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

export type Problem = z.output<typeof problemSchema>;

export type ProblemKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'notFound'
  | 'hostnameClaimed'
  | 'refused'
  | 'tooLarge'
  | 'unsupportedMediaType'
  | 'misdirected'
  | 'unavailable'
  | 'internal';

const PREFIX = 'urn:sluice:problem:';

export function problemType(kind: ProblemKind): string {
  return PREFIX + kind;
}

/** `hostnameClaimed` of `urn:sluice:problem:hostnameClaimed`. */
export function problemKind(type: string): string {
  return type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type;
}
