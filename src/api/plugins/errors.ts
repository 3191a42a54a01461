import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { PROBLEMS, ProblemError, toProblem, toProblemError } from '../problem.ts';

/** Every answer that is not a success is a problem document (RFC 9457). */
export function registerErrors(app: App): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const detail = `there is no ${request.method} ${request.url.split('?')[0]}; /docs lists what there is`;
    return sendProblem(new ProblemError('notFound', detail), request, reply);
  });
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblemError(error);
  request.outcome = problem.kind;
  if (problem.kind === 'internal') request.log.error({ err: error }, 'request failed');
  return (
    reply
      .code(PROBLEMS[problem.kind].status)
      // Not set yet when the request did not come as far as the hooks.
      .headers({ ...problem.headers, 'x-request-id': request.id })
      .type('application/problem+json')
      .send(toProblem(problem, request.id))
  );
}
