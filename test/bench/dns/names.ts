import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';

/** The names that are served and asked for. */
export const ZONE = 'example.test';
export const HOST = `www.${ZONE}`;
export const TTL_SECONDS = 30;

/** Where HOST is served: documentation addresses (RFC 5737), nobody sends anything to them. */
export const TARGETS = [
  { cluster: 'east', address: '192.0.2.10', weight: 70 },
  { cluster: 'west', address: '192.0.2.20', weight: 30 },
] as const;

/** A zone file without the weighted name. */
export const ZONE_FILE = `$ORIGIN ${ZONE}.
$TTL ${TTL_SECONDS}
@ SOA ns1.${ZONE}. hostmaster.${ZONE}. 1 3600 600 1209600 30
@ NS ns1.${ZONE}.
@ NS ns2.${ZONE}.
ns1 A 127.0.0.1
ns2 A 127.0.0.1
`;

export function manyHosts(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `shop-${index}.${ZONE}`);
}

/** Coprime to every power of two and of ten, and large: neighbours in the file are far apart in the zone. */
const STRIDE = 7_919;

/** Each hostname once, out of order, so that no cache of a processor has the next one. */
export async function writeQueries(file: string, hosts: readonly string[]): Promise<string> {
  const inOrder = hosts.map((_, index) => hosts[(index * STRIDE) % hosts.length]);
  await writeFile(file, inOrder.map((host) => `${host} A\n`).join(''));
  return file;
}

const LINES_PER_WRITE = 10_000;

/** Names that do not exist, by chance: below the zone and below a hostname in turn. */
export async function writeRandomQueries(file: string, count: number): Promise<string> {
  const stream = createWriteStream(file);
  for (let written = 0; written < count; written += LINES_PER_WRITE) {
    const lines = Array.from({ length: LINES_PER_WRITE }, (_, index) => {
      const label = Math.random().toString(36).slice(2);
      return `${label}.${index % 2 === 0 ? ZONE : HOST} A\n`;
    });
    if (!stream.write(lines.join(''))) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
  return file;
}
