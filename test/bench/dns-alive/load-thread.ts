/** The thread of `Load`: asks evenly from many sockets and writes down when each query left and when its answer came. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { aQuery } from '../../support/dns-wire.ts';
import { CELL, clock, type LoadSettings, type Observed } from './load.ts';

const { server, host, queriesPerSecond, sockets: count, patienceMs, shared } = workerData as LoadSettings; // from load.ts
/** Small enough that answers are read between two bursts, when this thread was kept from running. */
const BURST = 32;
/** The answers of a stall that ends. */
const RECEIVE_BUFFER = 1_024 * 1_024;
const RCODE_MASK = 0x0f;
const QUERY = aQuery(host);

const sentAt: number[] = [];
const answeredAt: number[] = [];
let answered = 0;
let faulty = 0;

/** A query's place is its id on its socket times the number of sockets, plus the socket's number. */
function hear(message: Buffer, socket: number): void {
  const at = clock();
  const place = place16(message.readUInt16BE(0), socket);
  if (place === undefined || !Number.isNaN(answeredAt[place])) return;
  answeredAt[place] = at;
  answered += 1;
  if ((message.readUInt8(3) & RCODE_MASK) !== 0 || message.readUInt16BE(6) === 0) faulty += 1;
}

/** Ids go round; the newest query that has the id is meant. */
function place16(id: number, socket: number): number | undefined {
  const newest = Math.floor((sentAt.length - 1 - socket) / count);
  const round = newest - ((newest - id) & 0xffff);
  return round < 0 ? undefined : round * count + socket;
}

function ask(sockets: readonly Socket[]): void {
  const place = sentAt.length;
  const query = Buffer.from(QUERY);
  query.writeUInt16BE(Math.floor(place / count) & 0xffff, 0);
  sentAt.push(clock());
  answeredAt.push(Number.NaN);
  sockets[place % count]?.send(query, server.port, server.host);
  Atomics.store(shared, CELL.sent, place + 1);
}

async function openSockets(): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () =>
    createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER, lookup: (name, _, done) => done(null, name, 4) }),
  );
  for (const [number, socket] of sockets.entries()) {
    const listening = once(socket, 'listening');
    socket.bind(0, '127.0.0.1');
    await listening;
    socket.on('message', (message) => hear(message, number));
  }
  return sockets;
}

async function run() {
  const sockets = await openSockets();
  const begun = clock();
  while (Atomics.load(shared, CELL.stop) === 0) {
    const due = ((clock() - begun) * queriesPerSecond) / 1_000;
    for (let burst = 0; burst < BURST && sentAt.length < due; burst += 1) ask(sockets);
    await delay(sentAt.length < due ? 0 : 1);
  }
  const end = clock() + patienceMs;
  while (answered < sentAt.length && clock() < end) await delay(5);
  for (const socket of sockets) socket.close();
  return { sentAt: Float64Array.from(sentAt), answeredAt: Float64Array.from(answeredAt), faulty } satisfies Observed;
}

const observed = await run();
parentPort?.postMessage(observed, [observed.sentAt.buffer, observed.answeredAt.buffer]);
