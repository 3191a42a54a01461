import type { GlobalIngress } from '../../../src/plan/global-ingress.ts';
import type { PlanStep } from '../../../src/plan/types.ts';
import type { HistoryEntry, RolloutStatus, Status, StepStatus } from '../../../src/workflows/status.ts';
import type { Answer, Removal, Sample } from './watcher.ts';

/** Judgements on what was watched: each returns what is wrong, in words. */

/** Invariant 1: shares sum to 10,000 in everything that was published, once anything is served. */
export function wrongSums(states: Iterable<GlobalIngress>): readonly string[] {
  return [...states].flatMap(({ revision, targets }) => {
    const sum = targets.reduce((all, { share }) => all + share, 0);
    return targets.length === 0 || sum === 10_000 ? [] : [`revision ${revision}: shares sum to ${sum}`];
  });
}

/** The rollouts that were seen, in order, each as it was seen last. */
export function rolloutsOf(samples: readonly Sample[]): readonly RolloutStatus[] {
  const seen = new Map<string, RolloutStatus>();
  for (const { status, isStale } of samples) {
    const { rollout } = status;
    if (rollout && !isStale) seen.set(keyOf(rollout), rollout);
  }
  return [...seen.values()].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
}

function keyOf({ generation, startedAt }: RolloutStatus): string {
  return `${generation}/${startedAt}`;
}

/** Invariant 1: no step goes back or is begun again once it is done, whatever is sampled later. */
export function stepsUndone(samples: readonly Sample[]): readonly string[] {
  const last = new Map<string, RolloutStatus>();
  return samples.flatMap(({ status: { rollout }, isStale }) => {
    if (!rollout || isStale) return [];
    const before = last.get(keyOf(rollout));
    last.set(keyOf(rollout), rollout);
    if (before === undefined) return [];
    const back = rollout.step < before.step ? [`from step ${before.step + 1} back to ${rollout.step + 1}`] : [];
    const again = before.steps.flatMap((step, index) => {
      const now = rollout.steps[index];
      const isSame = now?.state === 'done' && now.endedAt === step.endedAt && now.startedAt === step.startedAt;
      if (step.state !== 'done' || isSame) return [];
      return [`step ${index + 1} was done from ${step.startedAt} to ${step.endedAt}, and is ${JSON.stringify(now)}`];
    });
    return [...back, ...again].map((what) => `rollout ${keyOf(rollout)}: ${what}`);
  });
}

type SetWeight = Extract<PlanStep, { readonly kind: 'setWeight' }>;

function shiftsOf({ steps }: RolloutStatus): readonly (StepStatus & { readonly step: SetWeight })[] {
  return steps.flatMap((step) => (step.step.kind === 'setWeight' ? [{ ...step, step: step.step }] : []));
}

/** Invariant 1: the history tells of each shift once and in order; of all of them when the rollout was completed. */
export function shiftsMissedOrRepeated(
  rollouts: readonly RolloutStatus[],
  history: readonly HistoryEntry[],
): readonly string[] {
  return rollouts.flatMap((rollout) => {
    const end = Date.parse(rollout.endedAt ?? '');
    const told = history.flatMap(({ action, at, message }) => {
      const isOfIt = Date.parse(at) >= Date.parse(rollout.startedAt) && Date.parse(at) <= end;
      return action === 'Shifted' && isOfIt ? [message.replace(/; in force as revision \d+$/, '')] : [];
    });
    const isComplete = rollout.outcome?.kind === 'completed';
    const wanted = shiftsOf(rollout)
      .filter(({ state }) => isComplete || state === 'done')
      .map(({ text }) => text);
    const isSame = JSON.stringify(told) === JSON.stringify(wanted);
    return isSame ? [] : [`rollout ${keyOf(rollout)}: wanted [${wanted.join(' | ')}], told [${told.join(' | ')}]`];
  });
}

/** Invariant 1: what was published are the shares of the steps, one after the other, and those of before after an abort. */
export function strayShares(rollouts: readonly RolloutStatus[], states: readonly GlobalIngress[]): readonly string[] {
  const seen = inOrder(states).map(({ revision, targets }) => ({
    revision,
    shares: sharesText(Object.fromEntries(targets.map(({ cluster, share }) => [cluster, share]))),
  }));
  const all = rollouts.flatMap(expected(rollouts));
  const wrong = (what: string): readonly string[] => [
    what,
    ...all.map(({ shares, isOptional }) => `wanted ${shares}${isOptional ? ', perhaps' : ''}`),
    ...seen.map(({ revision, shares }) => `published ${shares} as revision ${revision}`),
  ];
  let now = sharesText({});
  // How much of what was wanted may be over by now.
  let over: ReadonlySet<number> = withoutNews(all, new Set([0]), now);
  for (const { revision, shares } of seen) {
    if (shares === now) continue;
    const come = [...over].filter((index) => all[index]?.shares === shares).map((index) => index + 1);
    if (come.length === 0) return wrong(`nobody wanted ${shares} (revision ${revision}) after ${now}`);
    now = shares;
    over = withoutNews(all, new Set(come), now);
  }
  return over.has(all.length) ? [] : wrong(`something was left out, at the end it is ${now}`);
}

/** What is wanted next may be what is there already, or need not have come about. */
function withoutNews(all: readonly Expected[], from: ReadonlySet<number>, now: string): ReadonlySet<number> {
  const reached = new Set(from);
  for (const index of reached) {
    const next = all[index];
    if (next && (next.isOptional || next.shares === now)) reached.add(index + 1);
  }
  return reached;
}

interface Expected {
  readonly shares: string;
  /** The shift that was under way when it was aborted. */
  readonly isOptional: boolean;
}

function expected(rollouts: readonly RolloutStatus[]): (rollout: RolloutStatus, index: number) => readonly Expected[] {
  return (rollout, index) => {
    const shifts = shiftsOf(rollout).map(({ step, state }) => ({
      shares: sharesText(byCluster(step.shares)),
      isOptional: state !== 'done',
      isReached: state !== 'waiting',
    }));
    const reached = shifts.filter(({ isReached }) => isReached);
    if (rollout.outcome?.kind !== 'rolledBack') return reached;
    const live = rollouts.slice(0, index).findLast(({ outcome }) => outcome?.kind === 'completed');
    const back = live && shiftsOf(live).at(-1);
    return back ? [...reached, { shares: sharesText(byCluster(back.step.shares)), isOptional: false }] : reached;
  };
}

/** Ids of backends begin with the cluster. */
function byCluster(shares: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [id, share] of Object.entries(shares)) {
    const cluster = id.split('/')[0] ?? '';
    sums[cluster] = (sums[cluster] ?? 0) + share;
  }
  return sums;
}

function sharesText(shares: Readonly<Record<string, number>>): string {
  const served = Object.entries(shares).filter(([, share]) => share > 0);
  return served.length === 0
    ? 'nothing'
    : served
        .map(([cluster, share]) => `${cluster} ${share}`)
        .sort()
        .join(', ');
}

function inOrder(states: readonly GlobalIngress[]): readonly GlobalIngress[] {
  return states.toSorted((a, b) => a.revision - b.revision);
}

/** Invariant 1: a pause that waits for a person ends by a promotion of that very step, however often it was sent. */
export function pausesNobodyEnded(
  rollouts: readonly RolloutStatus[],
  history: readonly HistoryEntry[],
): readonly string[] {
  return rollouts.flatMap((rollout) =>
    rollout.steps.flatMap(({ step, state, startedAt = '', endedAt = '' }, index) => {
      if (step.kind !== 'pause' || step.durationSeconds !== undefined || state !== 'done') return [];
      const isPromoted = history.some(
        ({ action, at, message }) =>
          action === 'Promoted' &&
          message.startsWith(`goes on after step ${index + 1} `) &&
          Date.parse(at) >= Date.parse(startedAt) &&
          Date.parse(at) <= Date.parse(endedAt),
      );
      return isPromoted ? [] : [`rollout ${keyOf(rollout)}: nobody promoted step ${index + 1}, and it ended`];
    }),
  );
}

/** Invariants 3 and 4. */
export function badAnswers(answers: readonly Answer[], known: readonly string[]): readonly string[] {
  return answers.flatMap(({ askedAt, rcode, addresses, failure }) => {
    const when = new Date(askedAt).toISOString();
    if (failure !== undefined) return [`${when}: ${failure}`];
    const isGood = rcode === 0 && addresses.length > 0 && addresses.every((one) => known.includes(one));
    return isGood ? [] : [`${when}: rcode ${rcode}, ${addresses.join() || 'no address'}`];
  });
}

/** Invariant 6: when a leaf goes, no answer that leads to it is in any cache. */
export function removedTooEarly(
  removals: readonly Removal[],
  answers: readonly Answer[],
  { ttlSeconds, addressOf }: { readonly ttlSeconds: number; readonly addressOf: (cluster: string) => string },
): readonly string[] {
  return removals.flatMap(({ cluster, at }) => {
    const address = addressOf(cluster);
    const cached = answers.findLast((one) => one.askedAt <= at && one.addresses.includes(address));
    if (cached === undefined || cached.askedAt + ttlSeconds * 1000 <= at) return [];
    return [`${cluster}: removed ${at - cached.askedAt} ms after an answer that may be cached for ${ttlSeconds} s`];
  });
}

/** Every form that a sentence of the status takes: each names what is done or waited for. */
const SENTENCES: readonly RegExp[] = [
  /^claiming the hostname \S+$/,
  /^about to begin$/,
  /^generation \d+ (serves all traffic|takes over)/,
  /^rolled back to .+ \(\w+\): .+; retry begins again/,
  /^rolling back \(\w+\): .+/,
  /^paused by \S+ before step \d+ of \d+: resume lets it go on/,
  /^step \d+ of \d+: (waiting (for|until) |writing leaves|removing drained leaves|paus(ing|ed) until |verify |\S+ is not ready: .+)/,
];

/** Invariant 7: what is not ready says in one sentence what it waits for. */
export function mute(samples: readonly Sample[]): readonly string[] {
  const wrong = samples.flatMap(({ status }) => (isSaid(status) ? [] : [`${status.state}: "${status.message}"`]));
  return [...new Set(wrong)];
}

function isSaid({ message }: Status): boolean {
  if (message.includes('undefined') || message.includes('all backends are ready')) return false;
  return SENTENCES.some((sentence) => sentence.test(message));
}
