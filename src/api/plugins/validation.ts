import type { z } from 'zod';
import { toSpecIssues } from '../../spec/issues.ts';
import { documentSchema } from '../../spec/schema.ts';
import type { App } from '../app.ts';
import { invalidProblem } from '../problem.ts';

const PARTS: Readonly<Record<string, string>> = { params: 'path', querystring: 'query', headers: 'headers' };

/** Requests are checked by their Zod schemas, with the words of spec. Answers are typed, and are not checked again. */
export function registerValidation(app: App): void {
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => {
    // A FederatedIngress is validated where all doors meet, in its workflow; its schema is here for the OpenAPI document.
    if (schema === documentSchema) return (value: unknown) => ({ value });
    return (value: unknown) => {
      const checked = schema.safeParse(value);
      if (checked.success) return { value: checked.data };
      return { error: invalidProblem('the request is not right', issuesOf(checked.error, schema, httpPart)) };
    };
  });
}

/** Paths in the body stand as they are; those elsewhere say where: `query.dryRun`. */
function issuesOf(error: z.ZodError, schema: z.ZodType, httpPart: string | undefined) {
  const part = PARTS[httpPart ?? ''];
  const issues = toSpecIssues(error, schema);
  if (part === undefined) return issues;
  return issues.map(({ path, message }) => ({ path: path === '' ? part : `${part}.${path}`, message }));
}
