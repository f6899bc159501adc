import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './client';
import type { BenchServer } from './server';

/** What is sent: `make` builds one body, which holds so many traces. */
export type Shape = { path: string; contentType?: string; traces: number; make: () => string | Buffer };

/** What came of a load: latencies of all requests, and how many were answered by something else than success. */
export type Outcome = { ms: number[]; stored: number; failures: Map<number, number>; seconds: number };

/** Sends from so many connections, each as fast as it is answered. The first `warmUp` seconds are not counted. */
export async function closedLoop(
  server: BenchServer,
  key: string,
  shape: Shape,
  load: { connections: number; seconds: number; warmUp: number },
): Promise<Outcome> {
  const outcome = empty();
  const began = performance.now();
  const countFrom = began + load.warmUp * 1_000;
  const until = countFrom + load.seconds * 1_000;
  await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const connection = new Connection(server.port, server.host, key);
      while (performance.now() < until) {
        const body = shape.make();
        const sent = performance.now();
        const status = await connection.post(shape.path, body, shape.contentType);
        const answered = performance.now();
        if (answered >= countFrom) note(outcome, shape, status, answered - sent);
      }
      connection.close();
    }),
  );
  outcome.seconds = (performance.now() - countFrom) / 1_000;
  return outcome;
}

/**
 * Sends so many requests a second for each key, whether or not the earlier ones are answered. A latency counts from when
 * the request was due, so that a server that stands still is seen to.
 */
export async function openLoop(
  server: BenchServer,
  keys: readonly string[],
  shape: Shape,
  load: { perSecond: number; seconds: number },
): Promise<Outcome[]> {
  const began = performance.now();
  return Promise.all(
    keys.map(async (key) => {
      const outcome = empty();
      const idle: Connection[] = [];
      const all: Connection[] = [];
      const pending: Promise<void>[] = [];
      for (let sent = 0; sent < load.perSecond * load.seconds; ) {
        const due = Math.min(
          load.perSecond * load.seconds,
          Math.floor(((performance.now() - began) * load.perSecond) / 1_000),
        );
        for (; sent < due; sent++) {
          const dueAt = began + (sent * 1_000) / load.perSecond;
          let connection = idle.pop();
          if (!connection) {
            connection = new Connection(server.port, server.host, key);
            all.push(connection);
          }
          const used = connection;
          pending.push(
            used.post(shape.path, shape.make(), shape.contentType).then((status) => {
              note(outcome, shape, status, performance.now() - dueAt);
              idle.push(used);
            }),
          );
        }
        await sleep(2);
      }
      await Promise.all(pending);
      for (const connection of all) connection.close();
      outcome.seconds = (performance.now() - began) / 1_000;
      return outcome;
    }),
  );
}

function empty(): Outcome {
  return { ms: [], stored: 0, failures: new Map(), seconds: 0 };
}

function note(outcome: Outcome, shape: Shape, status: number, ms: number): void {
  outcome.ms.push(ms);
  if (status === 201 || status === 200) outcome.stored += shape.traces;
  else outcome.failures.set(status, (outcome.failures.get(status) ?? 0) + 1);
}
