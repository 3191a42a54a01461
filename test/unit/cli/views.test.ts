import { describe, expect, it } from 'vitest';
import { detailView } from '../../../src/cli/view/detail-view.ts';
import { listView } from '../../../src/cli/view/list-view.ts';
import { type Line, render } from '../../../src/cli/view/text.ts';
import { formatMoment } from '../../../src/cli/view/units.ts';
import { changeLine, fitRows, watchScreen } from '../../../src/cli/view/watch-view.ts';
import { ago, aStatus, NOW } from '../../support/status-builder.ts';
import { SCENES } from './scenes.ts';

const PLAIN = { color: false };

function golden(name: string): string {
  return `../../golden/cli/${name}.txt`;
}

describe('the views of one FederatedIngress', () => {
  it.each(SCENES)('shows $name in full', async ({ name, reading }) => {
    await expect(render(detailView(reading, NOW), PLAIN)).toMatchFileSnapshot(golden(`get-${name}`));
  });

  it.each(SCENES)('shows $name on the screen of watch', async ({ name, reading }) => {
    await expect(render(watchScreen(reading, NOW), PLAIN)).toMatchFileSnapshot(golden(`watch-${name}`));
  });

  it('says each scene in one line for logs', async () => {
    const lines = SCENES.map(({ reading }) => changeLine(reading));
    await expect(render(lines, PLAIN)).toMatchFileSnapshot(golden('change-lines'));
  });

  it('adds leaves, addresses and the whole history when wide', async () => {
    const entry = (index: number) => ({
      at: ago(60 * (20 - index)),
      actor: 'sluice',
      action: 'Promoted',
      message: `event ${index}`,
    });
    const value = aStatus()
      .history(...Array.from({ length: 15 }, (_, index) => entry(index)))
      .build();
    await expect(render(detailView({ value }, NOW, { wide: true }), PLAIN)).toMatchFileSnapshot(golden('get-wide'));
    expect(render(detailView({ value }, NOW), PLAIN)).not.toContain('event 4\n');
  });

  it('folds steps far from the current one and wraps the sentence in a small window', async () => {
    const views = SCENES.map(({ reading }) => [
      ...watchScreen(reading, NOW, { columns: 60, rows: 13 }),
      ['-'.repeat(60)],
    ]);
    expect(views.filter((lines) => lines.length > 14)).toEqual([]);
    await expect(render(views.flat(), { color: false, width: 60 })).toMatchFileSnapshot(golden('watch-small-window'));
  });

  it('wraps the message of the full view to the terminal', () => {
    const value = aStatus().with({ message: 'one two three four' }).build();
    const text = render(detailView({ value }, NOW, { width: 21 }), PLAIN);
    expect(text).toContain('Message:     one two\n             three\n             four\n');
  });

  it('counts the soak down by the clock it is given', () => {
    const reading = SCENES.find(({ name }) => name === 'soak')?.reading;
    if (reading === undefined) throw new Error('no such scene');
    const later = (seconds: number) => render(watchScreen(reading, new Date(NOW.getTime() + seconds * 1000)), PLAIN);
    expect(later(0)).toContain('6m40s left');
    expect(later(390.2)).toContain('10s left');
    expect(later(500)).toContain('0s left');
  });
});

describe('a moment', () => {
  const now = new Date('2026-03-01T23:59:00Z');

  it.each([
    { at: '2026-03-01T14:05:09.250Z', shown: '14:05:09Z' },
    { at: '2026-03-02T00:00:00.000Z', shown: '2026-03-02 00:00:00Z' },
    { at: '2026-03-02T01:00:00+02:00', shown: '23:00:00Z' },
  ])('$at is shown as $shown', ({ at, shown }) => {
    expect(formatMoment(at, now)).toBe(shown);
  });
});

describe('the list', () => {
  const statuses = SCENES.map(({ name, reading }) => ({ ...reading.value, name }));

  it('has one row each, in the columns of kubectl', async () => {
    await expect(render(listView(statuses, NOW), PLAIN)).toMatchFileSnapshot(golden('list'));
  });

  it('adds generation, revision, state and message when wide', async () => {
    await expect(render(listView(statuses, NOW, true), PLAIN)).toMatchFileSnapshot(golden('list-wide'));
  });

  it('has no blanks in any cell but the last, so that awk can split it', () => {
    const rows = render(listView(statuses, NOW), PLAIN).trimEnd().split('\n');
    expect(new Set(rows.map((row) => row.split(/\s+/).length))).toEqual(new Set([8]));
  });

  it('tells two backends of one name apart by their cluster', () => {
    const status = aStatus().backend('v2', { name: 'v1' }).serving({ v1: 5_000 }).build();
    expect(render(listView([status], NOW), PLAIN)).toContain('v1(east)=50%,v1(west)=50%');
  });
});

describe('fitRows', () => {
  const lines: Line[] = ['1', '2', '3', '4'].map((text) => [text]);

  it.each([
    { rows: 4, shown: '1\n2\n3\n4\n' },
    { rows: 3, shown: '1\n2\n… 2 more lines: enlarge the window\n' },
    { rows: 1, shown: '1\n… 3 more lines: enlarge the window\n' },
  ])('fits 4 lines into $rows rows', ({ rows, shown }) => {
    expect(render(fitRows(lines, rows), PLAIN)).toBe(shown);
  });
});
