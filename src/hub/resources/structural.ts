import * as z from 'zod';

/** A schema as a CustomResourceDefinition holds it: a part of OpenAPI v3 (JSONSchemaProps). */
export type StructuralSchema = Readonly<Record<string, unknown>>;

/** Longest duration that `DURATION_PATTERN` lets through: four numbers of five digits with a unit of two letters. */
const DURATION_CHARACTERS = 28;
/** For maps and strings without a limit of their own: the API server refuses CEL rules over what has no limit. */
const MAP_ENTRIES = 64;
const TEXT_CHARACTERS = 1_024;

/**
 * The structural schema of what users write for a Zod schema: no references, no constants, no unions of types, unknown
 * fields are pruned rather than refused.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  const json: unknown = z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' });
  const root = asRecord(json);
  return convert(root, asRecord(root['$defs']));
}

/** The schema below a field of an object's schema. */
export function property(schema: StructuralSchema, name: string): StructuralSchema {
  return asRecord(asRecord(schema['properties'])[name]);
}

const COPIED = [
  'type',
  'description',
  'default',
  'enum',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'required',
  'nullable',
] as const;

type Json = Readonly<Record<string, unknown>>;

function convert(schema: Json, definitions: Json): StructuralSchema {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const { $ref: _, ...own } = schema;
    return convert({ ...asRecord(definitions[reference.replace('#/$defs/', '')]), ...own }, definitions);
  }
  const union = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(union)) return convert({ ...without(schema, ['anyOf', 'oneOf']), ...merged(union) }, definitions);
  const copied = COPIED.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]] as const]));
  return {
    ...(isUnion(schema) ? without(Object.fromEntries(copied), ['default']) : Object.fromEntries(copied)),
    ...numbersAndConstants(schema),
    ...extensions(schema),
    ...children(schema, definitions),
  };
}

/** Once filled in, the default of a union would stand beside what a later `kubectl apply` chooses: it stays unsaid. */
function isUnion({ maxProperties }: Json): boolean {
  return maxProperties === 1;
}

function children(schema: Json, definitions: Json): Json {
  const { properties, items, additionalProperties: values } = schema;
  const entries = Object.entries(asRecord(properties)).map(([name, one]) => [
    name,
    convert(asRecord(one), definitions),
  ]);
  return {
    // Next to `properties` the API server takes no additionalProperties; `false` is what pruning comes to.
    ...(entries.length > 0 && { properties: Object.fromEntries(entries) }),
    ...(items !== undefined && { items: convert(asRecord(items), definitions) }),
    ...(isRecord(values) && { additionalProperties: convert(values, definitions) }),
  };
}

/** What Zod says in words that the API server does not take. */
function numbersAndConstants(schema: Json): Json {
  if (schema['const'] !== undefined) return { enum: [schema['const']] };
  return schema['type'] === 'integer' ? integerBounds(schema) : {};
}

/** Zod bounds every integer by what a double holds exactly, which says nothing. */
function integerBounds({ minimum, maximum, exclusiveMinimum: above }: Json): Json {
  const least = typeof above === 'number' ? above + 1 : minimum;
  return {
    format: 'int64',
    minimum: least === Number.MIN_SAFE_INTEGER ? undefined : least,
    maximum: maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum,
  };
}

/** Limits for every string and map that has none, so that rules over them have a known cost. */
export function bounded(schema: StructuralSchema): StructuralSchema {
  const { properties, items, additionalProperties: values } = schema;
  const entries = Object.entries(asRecord(properties)).map(([name, one]) => [name, bounded(asRecord(one))]);
  return {
    ...schema,
    ...(isFreeText(schema) && { maxLength: isDuration(schema['pattern']) ? DURATION_CHARACTERS : TEXT_CHARACTERS }),
    ...(entries.length > 0 && { properties: Object.fromEntries(entries) }),
    ...(items !== undefined && { items: bounded(asRecord(items)) }),
    ...(isRecord(values) && {
      additionalProperties: bounded(values),
      maxProperties: schema['maxProperties'] ?? MAP_ENTRIES,
    }),
  };
}

function isFreeText(schema: Json): boolean {
  return schema['type'] === 'string' && schema['maxLength'] === undefined && schema['enum'] === undefined;
}

function isDuration(pattern: unknown): boolean {
  return typeof pattern === 'string' && pattern.endsWith('(h|m|s|ms)){1,4}$');
}

function extensions(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key.startsWith('x-kubernetes-')));
}

/** One object with the fields of all; `kind` tells them apart. A union with null is a value that may be null. */
function merged(union: readonly unknown[]): Json {
  const kinds = union.map(asRecord).filter((one) => one['type'] !== 'null');
  const nullable = kinds.length < union.length ? { nullable: true } : {};
  const [only] = kinds;
  if (only === undefined) throw new Error('a schema that is nothing but null');
  if (kinds.length === 1) return { ...only, ...nullable };
  if (kinds.some((one) => one['type'] !== 'object')) throw new Error('a union of other types is not structural');
  return { type: 'object', properties: mergedProperties(kinds), required: requiredByAll(kinds), ...nullable };
}

function mergedProperties(kinds: readonly Json[]): Json {
  const properties = new Map<string, Json>();
  for (const [name, schema] of kinds.flatMap((one) => Object.entries(asRecord(one['properties'])))) {
    const before = properties.get(name);
    properties.set(name, before === undefined ? asRecord(schema) : bothOf(before, asRecord(schema)));
  }
  return Object.fromEntries(properties);
}

function bothOf(left: Json, right: Json): Json {
  const values = [...valuesOf(left), ...valuesOf(right)];
  return values.length === 0 ? left : { type: 'string', enum: [...new Set(values)] };
}

function valuesOf(schema: Json): readonly unknown[] {
  if (schema['const'] !== undefined) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : [];
}

function requiredByAll(kinds: readonly Json[]): readonly string[] {
  const [first = [], ...rest] = kinds.map(({ required }) => (Array.isArray(required) ? required.map(String) : []));
  return first.filter((name) => rest.every((others) => others.includes(name)));
}

function without(schema: Json, keys: readonly string[]): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown): Json {
  return isRecord(value) ? value : {};
}
