import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@redis/client';
import { poll } from './poll';

/** The program, as `npm test` found it; undefined where there is none, and its tests are skipped. */
export const redisServer = process.env.TEST_REDIS_SERVER || undefined;

export type TestRedis = {
  url: string;
  port: number;
  /** Sends a signal to the server: SIGSTOP lets it hang, SIGCONT go on. */
  signal(name: NodeJS.Signals): void;
  /** Kills it and starts it again on the same port, empty. */
  restart(): Promise<void>;
  kill(): Promise<void>;
  /** A command of an administrator. */
  command(...args: string[]): Promise<unknown>;
  stop(): Promise<void>;
};

/** A Redis of its own, which keeps nothing on disk. */
export async function startRedis(): Promise<TestRedis> {
  if (!redisServer) throw new Error('there is no redis-server');
  const program = redisServer;
  const folder = mkdtempSync(path.join(tmpdir(), 'ragtoolkit-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async () => {
    child = spawn(
      program,
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
      { stdio: 'ignore' },
    );
    await poll(() => canConnect(port), 10_000, 'a connection to redis-server');
  };
  const kill = async () => {
    const dying = child;
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return;
    const gone = new Promise((resolve) => dying.once('exit', resolve));
    dying.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url,
    port,
    signal: (name) => void child?.kill(name),
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    command: async (...args) => {
      const client = createClient({ url });
      client.on('error', () => {});
      await client.connect();
      try {
        return await client.sendCommand(args);
      } finally {
        client.destroy();
      }
    },
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type TestBridge = {
  url: string;
  token: string;
  /** How many requests it has had. */
  requests(): number;
  /** Delays every answer, or answers every request with this status. */
  behave(how: { delayMs?: number; status?: number }): void;
  stop(): Promise<void>;
};

/**
 * Upstash's REST protocol before a plain Redis: `POST /` with a command as a JSON array, `POST /pipeline` with several,
 * a bearer token, strings in base64 where asked for. As Upstash does, and Redis does not, it understands the first line
 * of `@upstash/ratelimit`'s scripts.
 */
export async function startBridge(redis: TestRedis): Promise<TestBridge> {
  const token = 'token-of-the-tests';
  const client = createClient({ url: redis.url, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  const plain = new Map<string, string>();
  let count = 0;
  let behaviour: { delayMs?: number; status?: number } = {};

  const run = async (command: unknown[], base64: boolean): Promise<{ result?: unknown; error?: string }> => {
    try {
      const [name = '', ...args] = command.map(String);
      const result = await client.sendCommand(translate(name.toUpperCase(), args));
      return { result: base64 ? encode(result) : result };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  };
  const translate = (name: string, args: string[]): string[] => {
    if (name === 'EVAL') {
      const script = (args[0] ?? '').replace(/^#!lua[^\n]*\n/, '');
      plain.set(sha1(args[0] ?? ''), sha1(script));
      return [name, script, ...args.slice(1)];
    }
    if (name === 'EVALSHA') return [name, plain.get(args[0] ?? '') ?? args[0] ?? '', ...args.slice(1)];
    return [name, ...args];
  };

  const server = http.createServer(async (request, response) => {
    count += 1;
    let text = '';
    for await (const part of request) text += part;
    if (behaviour.delayMs) await new Promise((resolve) => setTimeout(resolve, behaviour.delayMs));
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (behaviour.status) return answer(behaviour.status, { error: 'ERR the database is not well' });
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { error: 'Unauthorized' });
    const base64 = request.headers['upstash-encoding'] === 'base64';
    const body = JSON.parse(text) as unknown[];
    if (request.url === '/pipeline') {
      return answer(200, await Promise.all((body as unknown[][]).map((command) => run(command, base64))));
    }
    const result = await run(body, base64);
    return answer(result.error === undefined ? 200 : 400, result);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    requests: () => count,
    behave: (how) => {
      behaviour = how;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (client.isOpen) client.destroy();
    },
  };
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

function encode(value: unknown): unknown {
  if (typeof value === 'string' && value !== 'OK') return Buffer.from(value).toString('base64');
  return Array.isArray(value) ? value.map(encode) : value;
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
