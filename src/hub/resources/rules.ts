import { DEFAULTS } from '../../spec/defaults.ts';
import { LIST_KEYS, RULES, type Rule } from '../../spec/rules.ts';
import type { StructuralSchema } from './structural.ts';

/** What the API server is told of one place of a schema. */
interface Annotation {
  /** `spec.backends[].routes`: `[]` stands for the items of a list. */
  readonly at: string;
  readonly extensions: StructuralSchema;
}

/** Lists of names: each once. */
const SETS: readonly string[] = [
  'spec.routing.failover.clusters',
  'spec.routing.geo.regions[].clusters',
  'spec.strategy.canary.steps[].clusters',
];

/** Fields of the spec that are unions: the API server fills in no default for them, so they may be absent. */
const UNIONS: readonly string[] = ['strategy', 'routing'];

/** The rules between fields, with those that are about an absent union. */
const ALL_RULES: readonly Rule[] = [
  ...RULES,
  {
    at: 'spec',
    rule: `has(self.strategy) || duration(self.dns.ttl) < duration('${DEFAULTS.progressDeadline}')`,
    message: `dns.ttl must be shorter than the progressDeadline, which is ${DEFAULTS.progressDeadline} unless strategy says another`,
  },
];

/** Adds to the schema of a FederatedIngress's spec what a field by itself cannot say. */
export function withRules(spec: StructuralSchema): StructuralSchema {
  const document = [...lists(), ...validations()].reduce(annotate, { properties: { spec } });
  return child(child(document, 'properties'), 'spec');
}

function lists(): readonly Annotation[] {
  return [
    ...LIST_KEYS.map(({ at, keys }) => ({
      at,
      extensions: { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys },
    })),
    ...SETS.map((at) => ({ at, extensions: { 'x-kubernetes-list-type': 'set' } })),
  ];
}

/** The rules of one place are one extension there. */
function validations(): readonly Annotation[] {
  const places = [...new Set(ALL_RULES.map(({ at }) => at))];
  return places.map((place) => {
    const rules = ALL_RULES.filter(({ at }) => at === place).map(({ at, rule, message }) => ({
      rule: at === 'spec' ? guarded(rule) : rule,
      message,
    }));
    return { at: place, extensions: { 'x-kubernetes-validations': rules } };
  });
}

/** CEL fails on a field of what is absent; of absent unions the rules have nothing to say. */
function guarded(rule: string): string {
  const mentioned = UNIONS.filter((name) => rule.includes(`self.${name}.`));
  return mentioned.length === 0 ? rule : `${mentioned.map((name) => `!has(self.${name})`).join(' || ')} || (${rule})`;
}

function annotate(schema: StructuralSchema, { at, extensions }: Annotation): StructuralSchema {
  return extend(schema, at.split(/\.|(?=\[\])/), extensions);
}

function extend(
  schema: StructuralSchema,
  [first, ...rest]: readonly string[],
  extensions: StructuralSchema,
): StructuralSchema {
  if (first === undefined) return { ...schema, ...extensions };
  if (first === '[]') return { ...schema, items: extend(child(schema, 'items'), rest, extensions) };
  const properties = child(schema, 'properties');
  return { ...schema, properties: { ...properties, [first]: extend(child(properties, first), rest, extensions) } };
}

function child(schema: StructuralSchema, key: string): StructuralSchema {
  const found = schema[key];
  // A path that leads nowhere would be a rule that nobody checks.
  if (typeof found !== 'object' || found === null) throw new Error(`a rule is at a place that has no ${key}`);
  return found as StructuralSchema; // an object, as checked above
}
