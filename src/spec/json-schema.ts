import * as z from 'zod';
import { documentSchema } from './schema.ts';

/** JSON Schema (2020-12) of the FederatedIngress document as users write it, for OpenAPI and editors. */
export function documentJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(documentSchema, { io: 'input', target: 'draft-2020-12' });
}
