import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from './client';
import type { BenchServer } from './server';

/** What is sent: `make` builds one body, which holds so many traces. */
export type Shape = { path: string; contentType?: string; traces: number; make: () => string | Buffer };

/**
 * What came of a load: latencies of all requests, the traces they stored, and how many were answered by something else than
 * success.
 */
export type Outcome = {
  ms: number[];
  stored: number;
  failures: Map<number, number>;
  seconds: number;
};

/** Sends from so many connections, each as fast as it is answered, for some seconds or until so many traces are stored. */
export async function closedLoop(
  server: BenchServer,
  key: string,
  shape: Shape,
  load: { connections: number; seconds?: number; traces?: number },
): Promise<Outcome> {
  const outcome = empty();
  const began = performance.now();
  const until = began + (load.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  const enough = load.traces ?? Number.POSITIVE_INFINITY;
  await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const connection = new Connection(server.port, server.host, key);
      while (performance.now() < until && outcome.stored < enough) {
        const body = shape.make();
        const sent = performance.now();
        note(
          outcome,
          shape,
          await connection.post(shape.path, body, shape.contentType),
          performance.now() - sent,
        );
      }
      connection.close();
    }),
  );
  outcome.seconds = (performance.now() - began) / 1_000;
  return outcome;
}

/** The first seconds of an open loop, in which its connections are opened, do not count. */
const WARM_UP_SECONDS = 2;
/** Connections of one key in an open loop: what is due while all are waiting is sent late, and counts from when it was due. */
const CONNECTIONS = 64;

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
  const counted = began + WARM_UP_SECONDS * 1_000;
  const total = load.perSecond * (WARM_UP_SECONDS + load.seconds);
  return Promise.all(
    keys.map(async (key, index) => {
      const outcome = empty();
      const first = began + (index * 1_000) / load.perSecond / keys.length; // tenants do not send in step
      let next = 0;
      const send = async () => {
        const connection = new Connection(server.port, server.host, key);
        while (next < total) {
          const dueAt = first + (next++ * 1_000) / load.perSecond;
          const early = dueAt - performance.now();
          if (early > 0) await sleep(early);
          const status = await connection.post(shape.path, shape.make(), shape.contentType);
          if (dueAt >= counted) note(outcome, shape, status, performance.now() - dueAt);
        }
        connection.close();
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, send));
      outcome.seconds = (performance.now() - counted) / 1_000;
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
