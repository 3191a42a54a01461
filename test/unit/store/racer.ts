/** A process that races others for the store: `node racer.ts <directory> <owner> <mode>`; prints one JSON line. */
import { openFileStore } from '../../../src/planes/store/file-store.ts';

const [directory = '', name = '', mode = 'claim'] = process.argv.slice(2);
const store = openFileStore(directory);
const owner = { namespace: 'default', name };
const host = 'shop.example.test';

if (mode === 'claim') console.log(JSON.stringify(await store.claim(host, owner, 5)));
if (mode === 'put') console.log(JSON.stringify(await putMany(40)));
if (mode === 'endless') await putMany(Number.MAX_SAFE_INTEGER);

/** Raises the revision by one `count` times, each time from what it read; tells which revisions were its own. */
async function putMany(count: number): Promise<readonly number[]> {
  const written: number[] = [];
  while (written.length < count) {
    const current = await store.get(host);
    if (current === undefined) throw new Error('nobody claims the hostname');
    const revision = current.revision + 1;
    const targets = [{ cluster: `${name}-${process.pid}`, share: 10_000, addresses: ['127.0.0.11'], hostnames: [] }];
    const outcome = await store.put({ ...current, revision, targets });
    if (outcome.kind === 'written') written.push(revision);
    if (outcome.kind === 'written' && mode === 'endless') process.stdout.write(`${revision}\n`);
  }
  return written;
}
