import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Address } from '../../src/lib/address.ts';
import { ANSWERS } from './answers.ts';
import type { ConformanceCase, ServerName } from './case.ts';
import { EDNS } from './edns.ts';
import { EXTRAS } from './extras.ts';
import { HOSTILE } from './hostile.ts';
import { NAMES } from './names.ts';
import { candidates, type Running, serverAt } from './servers.ts';
import { SIZES } from './sizes.ts';
import { STRANGERS } from './strangers.ts';
import { TCP } from './tcp.ts';
import { ZONE_ANSWERS } from './zone-answers.ts';

const GROUPS: Readonly<Record<string, readonly ConformanceCase[]>> = {
  answers: ANSWERS,
  names: NAMES,
  EDNS,
  sizes: SIZES,
  TCP,
  'zone answers': ZONE_ANSWERS,
  'beyond the list': EXTRAS,
  strangers: STRANGERS,
  // Last: the server has to stand all of it and still answer.
  hostile: HOSTILE,
};
const TIMEOUT_MS = 20_000;
/** Enough of each group to see that the other address family is served by the same code. */
const OVER_IPV6 = ['A03', 'A10', 'A22', 'C02', 'D01', 'D03', 'D05', 'E01', 'E04', 'F07', 'F08', 'F16'];

for (const { name, missing, start } of candidates()) {
  describe(name, () => {
    let running: Running | undefined;

    beforeAll(async () => {
      if (missing === undefined) running = await start();
    });

    afterAll(() => running?.stop());

    const define = (one: ConformanceCase, address: () => Address | undefined) =>
      it(titleOf(one), { timeout: one.timeoutMs ?? TIMEOUT_MS }, async ({ skip }) => {
        if (missing !== undefined) skip(missing);
        await check(one, { name, address: address(), skip });
      });

    for (const [group, cases] of Object.entries(GROUPS)) {
      describe(group, () => {
        for (const one of cases.filter((each) => isFor(each, name))) define(one, () => running?.addresses[0]);
      });
    }

    // One that was named by hand has the one address.
    if (name === 'other') return;

    describe('over IPv6', () => {
      const cases = Object.values(GROUPS).flat();
      for (const one of cases.filter(({ id }) => OVER_IPV6.includes(id))) define(one, () => running?.addresses[1]);
    });
  });
}

interface Check {
  readonly name: ServerName;
  readonly address: Address | undefined;
  readonly skip: (why: string) => never;
}

/** A reference that does otherwise says so; ours must not. */
async function check(one: ConformanceCase, { name, address, skip }: Check): Promise<void> {
  const why = one.exceptions?.[name];
  try {
    await one.run(serverAt(name, address), skip);
  } catch (error) {
    if (why === undefined) throw error;
    console.warn(`${one.id}: ${name} ${why}`);
  }
}

function isFor({ only }: ConformanceCase, name: ServerName): boolean {
  return only === undefined || name === 'other' || only.includes(name);
}

function titleOf({ id, what, source }: ConformanceCase): string {
  return `${id} ${what} [${source}]`;
}
