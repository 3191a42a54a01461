import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OutputStream } from '../../../src/cli/output.ts';
import { Screen } from '../../../src/cli/screen.ts';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';

function terminal() {
  const written: string[] = [];
  const stream: OutputStream = Object.assign(new PassThrough(), { isTTY: true, columns: 20, rows: 5 });
  stream.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0;
  return { stream, written, frames: () => written.filter((text) => text.startsWith(HOME)) };
}

describe('the screen', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('draws at once, and then at most every 200 ms whatever happens', () => {
    const { stream, frames, written } = terminal();
    const screen = new Screen(stream, false);
    for (let change = 0; change < 100; change += 1) {
      screen.show(() => [[`change ${change}`]]);
      vi.advanceTimersByTime(10);
    }
    screen.close();
    expect(written[0]).toBe(ENTER);
    expect(frames()).toHaveLength(6);
    expect(frames()[0]).toBe(`${HOME}change 0\u001b[K\n\u001b[J`);
  });

  it('draws again each second, so that countdowns move', () => {
    const { stream, frames } = terminal();
    const screen = new Screen(stream, false);
    screen.show((now) => [[`${now.getTime() % 100_000}`]]);
    vi.advanceTimersByTime(3_000);
    screen.close();
    expect(frames()).toHaveLength(4);
    expect(new Set(frames()).size).toBe(4);
  });

  it('cuts lines to the columns and the screen to the rows there are', () => {
    const { stream, frames } = terminal();
    const screen = new Screen(stream, false);
    screen.show(() => Array.from({ length: 9 }, () => ['0123456789012345678901234']));
    screen.close();
    const lines = frames()[0]?.replace(HOME, '').split('\n') ?? [];
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe('0123456789012345678…\u001b[K');
  });

  it('gives the terminal back and leaves the last state behind', () => {
    const { stream, written } = terminal();
    const screen = new Screen(stream, false);
    screen.show(() => [['done']]);
    screen.close();
    screen.close();
    expect(written.filter((text) => text.startsWith(LEAVE))).toEqual([`${LEAVE}done\n`]);
  });

  it('writes nothing when nothing was shown', () => {
    const { stream, written } = terminal();
    new Screen(stream, false).close();
    expect(written).toEqual([]);
  });
});
