import { setImmediate as nextTurn } from 'node:timers/promises';

/** Turns of the event loop without news after which the kernel has nothing left for us; each of them looks into all sockets. */
const QUIET_TURNS = 3;

/** Settles when `count` stands still, or after `mostTurns` when what it counts never ends. */
export async function untilQuiet(count: () => number, mostTurns: number): Promise<void> {
  let quiet = 0;
  for (let turn = 0; turn < mostTurns && quiet < QUIET_TURNS; turn += 1) {
    const before = count();
    await nextTurn();
    quiet = count() === before ? quiet + 1 : 0;
  }
}
