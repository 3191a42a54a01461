import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createProgress, formatElapsed } from '../../../playground/progress.ts';

function aProgress({ isTTY }: { isTTY: boolean }) {
  const written: string[] = [];
  let clock = 0;
  const progress = createProgress({
    output: { isTTY, columns: 60, write: (text) => void written.push(text) },
    now: () => clock,
  });
  return {
    progress,
    advance: (milliseconds: number) => {
      clock += milliseconds;
    },
    text: () => stripVTControlCharacters(written.join('')),
  };
}

describe('progress without a terminal', () => {
  it('numbers the steps, says what they do and how long they took', async () => {
    const { progress, advance, text } = aProgress({ isTTY: false });
    progress.expect(12);
    await progress.step('etcd', async (say) => {
      say('go build, about a minute');
      advance(61_000);
    });
    expect(text()).toBe('[ 1/12] etcd: go build, about a minute\n[ 1/12] etcd: done in 1 min 01 s\n');
  });

  it('leaves out what is said right after something else', async () => {
    const { progress, advance, text } = aProgress({ isTTY: false });
    await progress.step('etcd', async (say) => {
      say('first');
      say('second');
      advance(10_000);
      say('third');
    });
    expect(text()).toContain('first');
    expect(text()).not.toContain('second');
    expect(text()).toContain('third');
  });

  it('says that a step failed and passes the error on', async () => {
    const { progress, advance, text } = aProgress({ isTTY: false });
    const failing = progress.step('Temporal', async () => {
      advance(1_500);
      throw new Error('no such host');
    });
    await expect(failing).rejects.toThrow('no such host');
    expect(text()).toBe('[1/1] Temporal: failed in 1.5 s\n');
  });
});

describe('progress on a terminal', () => {
  it('never writes a running line that would wrap', async () => {
    const { progress, text } = aProgress({ isTTY: true });
    await progress.step('kube-apiserver', async (say) => {
      say('x'.repeat(200));
      await progress.step('etcd', async () => {});
    });
    const longest = Math.max(
      ...text()
        .split('\n')
        .map((line) => line.replace('\r', '').length),
    );
    expect(longest).toBeLessThan(60);
  });
});

it.each([
  [40, '0.0 s'],
  [1_240, '1.2 s'],
  [9_960, '10 s'],
  [59_600, '1 min 00 s'],
  [185_000, '3 min 05 s'],
])('%i ms is shown as %s', (milliseconds, shown) => {
  expect(formatElapsed(milliseconds)).toBe(shown);
});
