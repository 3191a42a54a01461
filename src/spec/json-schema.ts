import * as z from 'zod';
import { documentSchema } from './schema.ts';

/** JSON Schema (2020-12) of the FederatedIngress document as users write it, for OpenAPI, editors and the CRD. */
export function documentJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(documentSchema, {
    io: 'input',
    target: 'draft-2020-12',
    // Names of labels are strings by themselves, and a structural schema has no such keyword.
    override: ({ jsonSchema }) => {
      delete jsonSchema.propertyNames;
    },
  });
}
