import type { DocumentBackend } from '../documents.ts';
import type { Fault } from '../fault-proxy.ts';
import { Random } from './random.ts';

/** What strikes, for how long in `moments` (answers of the DNS server, some 20 ms each), and after how many of them. */
export interface Strike {
  readonly what:
    | { readonly kind: 'serveKilled' | 'temporalKilled' }
    | { readonly kind: 'apiServerKilled'; readonly cluster: string }
    | { readonly kind: 'answers'; readonly cluster: string; readonly fault: Fault };
  readonly after: number;
  readonly lasts: number;
}

/** What a person does meanwhile: `abort` does it with that cluster away, twice in a row. Promotions are always doubled. */
export type Person =
  | { readonly kind: 'promotes'; readonly after: number }
  | { readonly kind: 'pauses'; readonly after: number }
  | { readonly kind: 'aborts'; readonly after: number; readonly cluster: string; readonly fault: Fault };

/** A generation and what happens while it is rolled out. */
export interface Round {
  readonly title: string;
  readonly backends: readonly DocumentBackend[];
  readonly steps: readonly object[];
  readonly strikes: readonly Strike[];
  /** The second strike begins before the first has ended. */
  readonly isNested: boolean;
  readonly person: Person;
}

export interface FaultPlan {
  readonly leaf: 'HTTPRoute' | 'Ingress';
  readonly rounds: readonly Round[];
}

const CLUSTERS = ['east', 'west', 'north'] as const;
type Name = (typeof CLUSTERS)[number];
const PLACES: readonly (readonly Name[])[] = [['east', 'west'], ['west', 'north'], ['north', 'east'], CLUSTERS];
const V1 = { name: 'shop', port: 8001 };
const V2 = { name: 'shop-v2', port: 8002 };

const ANSWERS: readonly Fault[] = [
  { kind: 'tooManyRequests', retryAfterSeconds: 1 },
  { kind: 'internalError' },
  { kind: 'html' },
  { kind: 'slow', delayMs: 1_500 },
];
const AWAY: readonly [Fault, ...Fault[]] = [{ kind: 'closed' }, { kind: 'blackHole' }, { kind: 'internalError' }];

/** The same plan for the same seed. Every kind of fault comes once before any comes twice. */
export function faultPlan(seed: number, rounds: number): FaultPlan {
  const random = new Random(seed);
  const leaf = random.below(3) === 0 ? 'Ingress' : 'HTTPRoute';
  const strikes: Strike[] = [];
  const persons: Person[] = [];
  let places: readonly Name[] = [];
  const planned = Array.from({ length: rounds }, (): Round => {
    if (strikes.length < 2) strikes.push(...someStrikes(random));
    if (persons.length === 0) persons.push(...somePersons(random));
    const before = places;
    places = random.pick(asList(PLACES.filter((one) => one !== before)));
    const person = persons.shift() ?? { kind: 'promotes', after: 0 };
    const two = strikes.splice(0, 2).map((strike) => elsewhere(strike, person));
    const steps = someSteps(random, person);
    const backends = places.map((cluster) => aBackend(random, { cluster, leaf }));
    // What is ended already cannot be ended once more.
    const isNested = random.below(2) === 0 && two[0]?.what.kind !== two[1]?.what.kind;
    return { title: titleOf({ steps, strikes: two, person, places }), backends, steps, strikes: two, isNested, person };
  });
  return { leaf, rounds: planned };
}

function someStrikes(random: Random): readonly Strike[] {
  const kinds: readonly Strike['what'][] = [
    { kind: 'serveKilled' },
    { kind: 'serveKilled' },
    { kind: 'temporalKilled' },
    { kind: 'apiServerKilled', cluster: random.pick(CLUSTERS) },
    ...ANSWERS.map((fault) => ({ kind: 'answers' as const, cluster: random.pick(CLUSTERS), fault })),
  ];
  return random.shuffled(kinds).map((what) => ({ what, after: random.between(0, 150), lasts: random.between(5, 100) }));
}

function somePersons(random: Random): readonly Person[] {
  const after = (): number => random.between(0, 200);
  return random.shuffled<Person>([
    { kind: 'promotes', after: after() },
    { kind: 'pauses', after: after() },
    { kind: 'aborts', after: after(), cluster: random.pick(CLUSTERS), fault: random.pick(AWAY) },
    { kind: 'aborts', after: after(), cluster: random.pick(CLUSTERS), fault: random.pick(AWAY) },
  ]);
}

/** The cluster that a person sends away is that person's alone. */
function elsewhere(strike: Strike, person: Person): Strike {
  const { what } = strike;
  if (person.kind !== 'aborts' || !('cluster' in what) || what.cluster !== person.cluster) return strike;
  const cluster = CLUSTERS.find((one) => one !== person.cluster) ?? what.cluster;
  return { ...strike, what: { ...what, cluster } };
}

function someSteps(random: Random, person: Person): readonly object[] {
  const first = random.between(1, 49);
  const second = random.between(50, 99);
  const forPerson = { pause: {} };
  const pause = (): object => (random.below(2) === 0 ? forPerson : { pause: { duration: '1s' } });
  const verify = random.below(3) === 0 ? [{ verify: { count: 3 } }] : [];
  // Nothing gets to its end before it is aborted.
  const last = person.kind === 'aborts' ? forPerson : pause();
  return [...verify, { setWeight: first }, pause(), { setWeight: second }, last];
}

/** An Ingress cannot split in its cluster: there it is the same Service each time. */
function aBackend(random: Random, { cluster, leaf }: { cluster: Name; leaf: FaultPlan['leaf'] }): DocumentBackend {
  const service = leaf === 'Ingress' ? (cluster === 'west' ? V2 : V1) : random.pick([V1, V2]);
  return { name: `${service.name}-${cluster}`, cluster, service, weight: random.between(1, 100) };
}

interface Told extends Pick<Round, 'steps' | 'strikes' | 'person'> {
  readonly places: readonly string[];
}

function titleOf({ steps, strikes, person, places }: Told): string {
  const struck = strikes.map(({ what, after, lasts }) => `${strikeText(what)} after ${after} for ${lasts}`).join(', ');
  const away = person.kind === 'aborts' ? ` while ${person.cluster} is ${person.fault.kind}` : '';
  return `to ${places.join('+')} by ${JSON.stringify(steps)}; ${struck}; a person ${person.kind} after ${person.after}${away}`;
}

function strikeText(what: Strike['what']): string {
  if (what.kind === 'answers') return `${what.fault.kind} of ${what.cluster}`;
  return what.kind === 'apiServerKilled' ? `API server of ${what.cluster} killed` : what.kind;
}

function asList<T>(list: readonly T[]): readonly [T, ...T[]] {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('an empty list');
  return [first, ...rest];
}
