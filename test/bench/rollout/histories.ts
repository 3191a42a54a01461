import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { workflowId } from '../../../src/spec/names.ts';
import type { Strategy } from './documents.ts';
import { apply, type Bench, untilState } from './drive.ts';
import { line, verdict } from './figures.ts';

const NAME = 'history';
const MOST_EVENTS_PER_SHIFT = 12;
/**
 * Thrice, while a rollout waits for a person. In the first of them what was followed before the rollout hears that it is over,
 * with its next heartbeat; later there is nothing left to say.
 */
const PAUSE_MS = 20_000;
/** The end of a rollout goes on in a new run, which is older than this then. */
const SETTLED_MS = 2_500;

/** How many events Temporal keeps of a rollout, over all runs of its workflow. */
export async function playHistory(bench: Bench): Promise<void> {
  const { print } = bench;
  await apply(bench, NAME, 'east', 'oneStep');
  await untilState(bench, NAME, 'Ready');
  const one = await eventsOf(bench, { to: 'west', strategy: 'oneStep' });
  const five = await eventsOf(bench, { to: 'east', strategy: 'fiveSteps' });
  const each = (total(five) - total(one)) / 4;
  print('history, events over all runs');
  print(line('a canary of five setWeight steps', `${total(five)}: ${words(five)}`));
  print(line('a rollout of one', `${total(one)}: ${words(one)}`));
  print(
    line(
      'each setWeight',
      `${each.toFixed(1)}   ${verdict(each <= MOST_EVENTS_PER_SHIFT, `at most ${MOST_EVENTS_PER_SHIFT}`)}`,
    ),
  );
  await apply(bench, NAME, 'west', 'half');
  await untilState(bench, NAME, 'Paused');
  await delay(SETTLED_MS);
  const pauses: Events[] = [];
  for (let pause = 0; pause < 3; pause += 1) {
    const before = await readEvents(bench.installation.temporal);
    await delay(PAUSE_MS);
    pauses.push(grown(before, await readEvents(bench.installation.temporal)));
  }
  const figures = pauses.map((events) => [total(events), words(events)].filter((text) => text !== '').join(': '));
  const last = total(pauses[2] ?? new Map());
  print(
    line(
      `added by ${PAUSE_MS / 1_000} s of a pause, thrice`,
      `${figures.join('; ')}   ${verdict(last === 0, 'none per poll')}`,
    ),
  );
}

interface Rolling {
  readonly to: 'east' | 'west';
  readonly strategy: Strategy;
}

type Events = ReadonlyMap<string, number>;

async function eventsOf(bench: Bench, { to, strategy }: Rolling): Promise<Events> {
  const { temporal } = bench.installation;
  await delay(SETTLED_MS);
  const before = await readEvents(temporal);
  await apply(bench, NAME, to, strategy);
  await untilState(bench, NAME, 'Ready');
  await delay(SETTLED_MS);
  return grown(before, await readEvents(temporal));
}

function grown(before: Events, after: Events): Events {
  const differences = [...after].map(([type, count]) => [type, count - (before.get(type) ?? 0)] as const);
  return new Map(differences.filter(([, count]) => count > 0));
}

/** By type, of all runs: from the newest to the one that began. */
async function readEvents(client: Client): Promise<Events> {
  const id = workflowId('default', NAME);
  const counts = new Map<string, number>();
  let runId: string | undefined;
  do {
    const { events } = await client.workflow.getHandle(id, runId).fetchHistory();
    for (const event of events ?? []) {
      const type = String(event.eventType);
      counts.set(type, (counts.get(type) ?? 0) + 1);
    }
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
  } while (runId !== undefined);
  return counts;
}

function total(events: Events): number {
  return [...events.values()].reduce((sum, count) => sum + count, 0);
}

/** By numbers of temporal.api.enums.v1.EventType, of which people know the ones that are shown. */
const NAMES: Readonly<Record<string, string>> = {
  1: 'started',
  5: 'task scheduled',
  6: 'task started',
  7: 'task completed',
  10: 'activity scheduled',
  11: 'activity started',
  12: 'activity completed',
  15: 'activity cancel requested',
  16: 'activity canceled',
  17: 'timer started',
  18: 'timer fired',
  19: 'timer canceled',
  26: 'signal',
  28: 'continued as new',
  41: 'update accepted',
  43: 'update completed',
  40: 'search attributes',
};

function words(events: Events): string {
  return [...events]
    .sort(([, left], [, right]) => right - left)
    .map(([type, count]) => `${NAMES[type] ?? type} ${count}`)
    .join(', ');
}
