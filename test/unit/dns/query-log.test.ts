import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bare } from '../../../src/planes/dns/answer/place.ts';
import { QueryLog } from '../../../src/planes/dns/query-log.ts';
import { RCODE, TYPE } from '../../../src/planes/dns/wire/constants.ts';
import { parseQuery } from '../../../src/planes/dns/wire/query.ts';
import { aQuery, wireName } from './support.ts';

describe('the query log', () => {
  let directory: string;
  const from = { address: '192.0.2.7', transport: 'udp' } as const;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-log-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  function query(name: Parameters<typeof aQuery>[0]) {
    const parsed = parseQuery(aQuery(name, { type: TYPE.AAAA }));
    if (parsed.kind !== 'query') throw new Error('not a query');
    return parsed.query;
  }

  async function linesOf(file: string): Promise<readonly unknown[]> {
    const text = await readFile(file, 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  }

  it('has one JSON line an answer, names escaped as in zone files, for the owner alone', async () => {
    const file = join(directory, 'queries.jsonl');
    const log = new QueryLog({ file, sample: 1, onError: (error) => expect.unreachable(error.message) });
    log.write(query(wireName(['a"\n', 'example', 'test'])), bare(RCODE.NXDOMAIN), from);
    await log.close();
    expect(await linesOf(file)).toEqual([
      expect.objectContaining({
        client: '192.0.2.7',
        transport: 'udp',
        name: 'a\\"\\010.example.test.',
        type: 'AAAA',
        rcode: 'NXDOMAIN',
        answers: 0,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      }),
    ]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('writes the part of the answers that the settings say', async () => {
    const file = join(directory, 'queries.jsonl');
    let turn = 0;
    const random = () => (turn++ % 10) / 10;
    const log = new QueryLog({ file, sample: 0.3, random, onError: (error) => expect.unreachable(error.message) });
    for (let count = 0; count < 100; count += 1) log.write(query('example.test'), bare(RCODE.NOERROR), from);
    await log.close();
    expect(await linesOf(file)).toHaveLength(30);
  });

  it('tells a file that cannot be written, and goes on', async () => {
    const heard = Promise.withResolvers<Error>();
    const log = new QueryLog({ file: join(directory, 'no', 'file'), sample: 1, onError: heard.resolve });
    expect((await heard.promise).message).toContain('ENOENT');
    log.write(query('example.test'), bare(RCODE.NOERROR), from);
  });
});
