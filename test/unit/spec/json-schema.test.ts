import { describe, expect, it } from 'vitest';
import { documentJsonSchema } from '../../../src/spec/json-schema.ts';

/** What a kube-apiserver refuses in a CRD schema, tried against 1.36. */
describe('the JSON Schema of the document', () => {
  const text = JSON.stringify(documentJsonSchema());

  it.each(['oneOf', 'anyOf', 'allOf', '(?=', '(?!', '(?<'])('does without %s', (construct) => {
    expect(text).not.toContain(construct);
  });

  it('says that unions hold exactly one field', () => {
    expect(text.match(/"minProperties":1,"maxProperties":1/g)).toHaveLength(3);
  });

  it('describes what users write: durations are strings, defaults are shown', () => {
    expect(documentJsonSchema()).toMatchObject({
      $defs: {
        FederatedIngress: {
          properties: { spec: { properties: { dns: { properties: { ttl: { type: 'string', default: '30s' } } } } } },
        },
      },
    });
  });
});
