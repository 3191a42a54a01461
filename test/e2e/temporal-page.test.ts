import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntityState } from '../../src/workflows/status.ts';
import { aFederatedIngress, V1_EAST, V2_WEST } from '../support/documents.ts';
import { TestSluice } from '../support/sluice.ts';

const PAGE = readFileSync(new URL('../../docs/temporal.md', import.meta.url), 'utf8');

interface Documented {
  readonly args: readonly string[];
  readonly name: string;
  /** What the page says that it answers, from its first word to what ends it. */
  readonly answer: string;
}

/** What `temporal workflow metadata` prints of messages from this heading on: the name of each, and its description. */
function messages(metadata: string, heading = 'Query Definitions:'): readonly (readonly string[])[] {
  const definitions = metadata.slice(metadata.indexOf(heading), metadata.indexOf('Current Details:'));
  return Array.from(definitions.matchAll(/^ {4}(?!__)(\S+) *(.*?) *$/gm), ([, ...each]) => each);
}

/** The Updates of the section "Steer", in order. */
function documented(): readonly Documented[] {
  const section = PAGE.slice(PAGE.indexOf('\n## Steer'), PAGE.indexOf('Signals do not steer.'));
  const blocks = section.matchAll(/^\$ temporal (.+)\n((?:.+\n)+)/gm);
  return Array.from(blocks, ([, command = '', output = '']) => ({
    args: Array.from(command.matchAll(/'([^']*)'|\S+/g), ([word, quoted]) => quoted ?? word),
    name: /federatedingress\/default\/(\w+)/.exec(command)?.[1] ?? '',
    answer: /map\[message:.*\]|unable to update workflow: .* \(type/.exec(output)?.[0] ?? output,
  }));
}

/** How things stand before each: state and generation. */
const BEFORE: readonly (readonly [EntityState, number])[] = [
  ['Paused', 2],
  ['Paused', 2],
  ['Paused', 2],
  ['Paused', 2],
  ['RolledBack', 2],
  ['Paused', 2],
  ['Ready', 2],
  ['Ready', 3],
  ['Ready', 1],
  ['Ready', 1],
  ['Ready', 4],
];

const STEPS = [{ setWeight: 10 }, { pause: { duration: '1s' } }, { setWeight: 50 }, { pause: {} }];

describe('the page on Temporal', () => {
  let sluice: TestSluice;

  beforeAll(async () => {
    sluice = await TestSluice.start({ name: 'temporal-page', ports: { api: 18_172, dns: 15_372 } });
  });
  afterAll(() => sluice?.stop());

  async function apply(name: string, options: Pick<Parameters<typeof aFederatedIngress>[0], 'backends' | 'strategy'>) {
    const document = sluice.file(`${name}.json`, aFederatedIngress({ name, host: sluice.host(name), ...options }));
    const { stdout, stderr } = await sluice.cli('apply', '-f', document);
    expect(stdout + stderr).toContain(name);
  }

  async function untilIs(name: string, [state, generation]: readonly [EntityState, number]): Promise<void> {
    const what = `${name} is ${state} in generation ${generation}`;
    await sluice.untilStatus(name, what, (status) => status.state === state && status.generation === generation);
  }

  it('has commands that do what it says, one for each Update but apply', async () => {
    await apply('waves', { backends: [V1_EAST, V2_WEST], strategy: { canary: { steps: [{ setWeight: 50 }] } } });
    await apply('shop', { backends: [V1_EAST] });
    await untilIs('shop', ['Ready', 1]);
    await apply('shop', { backends: [V2_WEST], strategy: { canary: { steps: STEPS } } });
    const all = documented();
    expect(all).toHaveLength(BEFORE.length);
    const updates = messages(PAGE, 'Update Definitions:').map(([name]) => name);
    const shown = all.map(({ args }) => args[args.indexOf('--name') + 1]);
    expect(new Set(['apply', ...shown])).toEqual(new Set(updates));
    for (const [index, { args, name, answer }] of all.entries()) {
      await untilIs(name, BEFORE[index] ?? ['Ready', 0]);
      const { stdout, stderr } = await sluice.temporal(...args);
      expect(stdout + stderr, args.join(' ')).toContain(answer);
    }
    await sluice.untilGone('shop');
  });

  it('names all queries, signals and Updates as the workflow does', async () => {
    const id = ['--workflow-id', 'federatedingress/default/waves'];
    const { stdout } = await sluice.temporal('workflow', 'metadata', ...id);
    expect(messages(PAGE)).toEqual(messages(stdout));
  });
});
