import { describe, expect, it } from 'vitest';
import { table } from '../../../src/cli/view/table.ts';
import { type Line, render, renderLine } from '../../../src/cli/view/text.ts';
import { formatAge, formatShare, secondsLeft } from '../../../src/cli/view/units.ts';
import { ago, NOW } from '../../support/status-builder.ts';

describe('rendering', () => {
  const line: Line = [{ text: 'Ready', tone: 'good' }, ': serves all traffic'];

  it('paints only when colours are wanted', () => {
    expect(renderLine(line, { color: false })).toBe('Ready: serves all traffic');
    expect(renderLine(line, { color: true })).toBe('\u001b[32mReady\u001b[39m: serves all traffic');
  });

  it.each([
    { width: 25, text: 'Ready: serves all traffic' },
    { width: 24, text: 'Ready: serves all traff…' },
    { width: 5, text: 'Read…' },
  ])('cuts a line to $width columns', ({ width, text }) => {
    expect(renderLine(line, { color: false, width })).toBe(text);
  });

  it('never cuts where there is no window', () => {
    const long = 'x'.repeat(5_000);
    expect(render([[long]], { color: false })).toBe(`${long}\n`);
  });

  it('lets no message steer the terminal or break a line in two', () => {
    const hostile = 'a\u001b[2Jb\nc\u001b]0;title\u0007d\u009be\rf';
    const text = renderLine([hostile], { color: false });
    expect(text).not.toMatch(/\p{Cc}/u);
    expect(text.startsWith('ab c')).toBe(true);
  });
});

describe('table', () => {
  it('lines columns up by what is seen, not by what colours cost', () => {
    const lines = table(
      ['NAME', 'READY', 'WHY'],
      [
        ['a', { text: 'True', tone: 'good' }, 'so it is'],
        ['longer', 'False', ''],
      ],
    );
    expect(render(lines, { color: false })).toBe(
      ['NAME     READY   WHY', 'a        True    so it is', 'longer   False   ', ''].join('\n'),
    );
  });
});

describe('units', () => {
  it.each([
    { basisPoints: 10_000, text: '100%' },
    { basisPoints: 3_334, text: '33.34%' },
    { basisPoints: 0, text: '0%' },
    { basisPoints: 1, text: '0.01%' },
  ])('says $basisPoints basis points as $text', ({ basisPoints, text }) => {
    expect(formatShare(basisPoints)).toBe(text);
  });

  it.each([
    { seconds: 0, text: '0s' },
    { seconds: 119, text: '119s' },
    { seconds: 120, text: '2m' },
    { seconds: 200, text: '3m20s' },
    { seconds: 3_600, text: '60m' },
    { seconds: 4 * 3_600 + 600, text: '4h10m' },
    { seconds: 47 * 3_600, text: '47h' },
    { seconds: 3 * 86_400 + 3_600, text: '3d1h' },
    { seconds: 40 * 86_400, text: '40d' },
    { seconds: -5, text: '0s' },
  ])('says an age of $seconds s as $text', ({ seconds, text }) => {
    expect(formatAge(ago(seconds), NOW)).toBe(text);
  });

  it('rounds what is left up, so that 0 means over', () => {
    expect(secondsLeft(ago(-1.2), NOW)).toBe(2);
    expect(secondsLeft(ago(3), NOW)).toBe(0);
  });
});
