import { describe, expect, it } from 'vitest';
import { documentJsonSchema } from '../../../src/spec/json-schema.ts';
import { LIST_KEYS, RULES } from '../../../src/spec/rules.ts';

type Schema = Readonly<Record<string, unknown>>;

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(schema: Schema, ...path: readonly string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((at, key) => {
    const next = at?.[key];
    return isSchema(next) ? next : undefined;
  }, schema);
}

/** Every schema inside, itself included. Fields called like keywords are no keywords. */
function schemasIn(schema: Schema): readonly Schema[] {
  const { properties, items, additionalProperties } = schema;
  const inside = [...(isSchema(properties) ? Object.values(properties) : []), items, additionalProperties];
  return [schema, ...inside.filter(isSchema).flatMap(schemasIn)];
}

/** The schema at a path such as `spec.backends[].name`. */
function schemaAt(path: string): Schema | undefined {
  const keys = path.split('.').flatMap((segment) => {
    return segment.endsWith('[]') ? ['properties', segment.slice(0, -2), 'items'] : ['properties', segment];
  });
  return field(document, ...keys);
}

const document = field(documentJsonSchema(), '$defs', 'FederatedIngress') ?? {};
const spec = schemaAt('spec') ?? {};

/** What a kube-apiserver refuses in a CRD schema, tried against 1.36. */
describe('the JSON Schema of the document', () => {
  const text = JSON.stringify(documentJsonSchema());

  it.each(['oneOf', 'anyOf', 'allOf', 'propertyNames', '(?=', '(?!', '(?<'])('does without %s', (construct) => {
    expect(text).not.toContain(construct);
  });

  it('has only keywords of a structural schema in its spec, and a type everywhere', () => {
    const structural = new Set(
      'type properties required items additionalProperties enum pattern maxLength minimum maximum minItems maxItems minProperties maxProperties default description'.split(
        ' ',
      ),
    );
    const all = schemasIn(spec);
    expect(all.length).toBeGreaterThan(80);
    expect(all.flatMap((schema) => Object.keys(schema)).filter((keyword) => !structural.has(keyword))).toEqual([]);
    expect(all.filter(({ type }) => typeof type !== 'string')).toEqual([]);
  });

  it('has defaults as users write them', () => {
    const defaults = schemasIn(spec).flatMap((schema) =>
      'default' in schema ? [[schema['type'], schema['default']]] : [],
    );
    const typeOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value);
    const wrong = defaults.filter(
      ([type, value]) => type !== typeOf(value) && !(type === 'integer' && Number.isInteger(value)),
    );
    expect(defaults.length).toBeGreaterThan(15);
    expect(wrong).toEqual([]);
  });

  it('says that unions hold exactly one field', () => {
    expect(text.match(/"minProperties":1,"maxProperties":1[,}]/g)).toHaveLength(4);
    // A step may have `clusters` beside its one kind.
    expect(text.match(/"minProperties":1,"maxProperties":2/g)).toHaveLength(1);
  });

  it('describes what users write: durations are strings, defaults are shown', () => {
    expect(schemaAt('spec.dns.ttl')).toMatchObject({ type: 'string', default: '30s' });
    expect(schemaAt('spec.deletion.orphanAfter')).toMatchObject({ type: 'string', default: '30m' });
  });
});

describe('the rules that an API server can check', () => {
  it.each(RULES)('$at: $rule', ({ at, rule, message }) => {
    const schema = schemaAt(at);
    expect(schema).toBeDefined();
    expect(message).toMatch(/^[a-zA-Z]/);
    // A misspelt field would only show in a real API server: each name behind `self.` is a property there.
    if (schema?.['type'] !== 'object') return;
    for (const [, name = ''] of rule.matchAll(/self\.([A-Za-z]+)/g))
      expect(field(schema, 'properties', name)).toBeDefined();
  });

  it('are about lists whose items have the fields that tell them apart', () => {
    for (const { at, keys } of LIST_KEYS) {
      const items = schemaAt(`${at}[]`);
      for (const key of keys) expect(field(items ?? {}, 'properties', key)).toBeDefined();
    }
  });
});
