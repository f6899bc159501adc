import net from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * Sends ready-made requests over a few connections, so many a second until it is to stop, without waiting for answers one
 * by one: what a test's own thread cannot do beside a client. Tells how often it got which status. `shared` holds how many it
 * has sent so far, and whether it is to stop.
 * @type {{ port: number, perSecond: number, requests: string[], shared: Int32Array }}
 */
const { port, perSecond, requests, shared } = workerData;
const CONNECTIONS = 32;
/** Requests that wait for their answer on one connection at the most. */
const PIPELINED = 16;
const STATUS = /HTTP\/1\.1 (\d{3})/g;
/** What may be the beginning of a status line that the next piece completes. */
const CARRIED = 'HTTP/1.1 20'.length;
const PATIENCE_MS = 20_000;

/** @type {Record<string, number>} */
const statuses = {};
let sent = 0;
let answered = 0;
let broken = 0;

const connections = await Promise.all(Array.from({ length: CONNECTIONS }, connect));

function connect() {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = { socket, waiting: 0 };
    let rest = '';
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.once('connect', () => resolve(connection));
    socket.once('close', () => {
      broken += connection.waiting;
    });
    socket.on('data', (part) => {
      const text = rest + part;
      for (const [, status = ''] of text.matchAll(STATUS)) {
        statuses[status] = (statuses[status] ?? 0) + 1;
        answered += 1;
        connection.waiting -= 1;
      }
      rest = text.slice(-CARRIED);
    });
  });
}

const began = performance.now();
const elapsed = () => (performance.now() - began) / 1_000;
while (Atomics.load(shared, 1) === 0) {
  const due = perSecond * elapsed();
  for (const connection of connections) {
    let text = '';
    while (sent < due && connection.waiting < PIPELINED) {
      text += requests[sent % requests.length];
      connection.waiting += 1;
      sent += 1;
    }
    if (text) connection.socket.write(text);
  }
  Atomics.store(shared, 0, sent);
  await new Promise((resolve) => setTimeout(resolve, 2));
}
const took = elapsed();
while (answered + broken < sent && elapsed() < took + PATIENCE_MS / 1_000)
  await new Promise((resolve) => setTimeout(resolve, 10));
for (const { socket } of connections) socket.destroy();
parentPort?.postMessage({ sent, perSecond: sent / took, statuses, unanswered: sent - answered });
