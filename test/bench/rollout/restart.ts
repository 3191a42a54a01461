import { setTimeout as delay } from 'node:timers/promises';
import { apply, type Bench, steer, untilState } from './drive.ts';
import { latency, line, ms } from './figures.ts';
import { type Rolling, withBar } from './load.ts';
import { memoryOf } from './usage.ts';
import { answersWith, serves, whenSeen } from './wire.ts';

const NAME = 'restart';
const SETTLE_MS = 20_000;
const TRY_AGAIN_MS = 100;

/** The worker is killed and begun again at once, while rollouts are under way. */
export async function playRestart(bench: Bench, rolling: Rolling): Promise<void> {
  const { installation, print } = bench;
  const { http, wires, worker } = installation;
  await apply(bench, NAME, 'east', 'hold');
  await untilState(bench, NAME, 'Ready');
  await apply(bench, NAME, 'west', 'hold');
  await untilState(bench, NAME, 'Paused');
  const moved = await Promise.all(
    rolling.names.map(async (name) => {
      const { revision } = (await http.get('default', name)).value;
      return serves(name, { revision: revision + 1 });
    }),
  );
  await worker.kill();
  const killedAt = performance.now();
  const [startedAt, promotedAt, seen] = await Promise.all([
    worker.start().then(() => performance.now()),
    promoteWhenPossible(bench),
    whenSeen(wires, [answersWith(NAME, 'west'), ...moved]),
  ]);
  const [promoted, ...others] = seen.map(({ lastAt }) => lastAt - killedAt);
  print(`the worker is killed with those, and begun again at once; times from its end`);
  print(line('it polls', ms(startedAt - killedAt)));
  print(line('a promote, tried all the time, is answered', ms(promotedAt - killedAt)));
  print(line('and is in force at the last DNS server', ms(promoted ?? Number.NaN)));
  print(latency('each rollout has shifted traffic again', others));
  await delay(SETTLE_MS);
  print(line('memory of the new worker', withBar(memoryOf(worker))));
}

async function promoteWhenPossible(bench: Bench): Promise<number> {
  for (;;) {
    try {
      return (await steer(bench, 'promote', NAME)).answeredAt;
    } catch {
      // Refused means that an attempt of before got through, though nobody heard of it.
      if ((await stateOf(bench)) !== 'Paused') return performance.now();
      await delay(TRY_AGAIN_MS);
    }
  }
}

async function stateOf({ installation }: Bench): Promise<string> {
  return (await installation.http.get('default', NAME)).value.state;
}
