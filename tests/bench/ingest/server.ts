import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { policies } from '@/lib/rate-limit/policies';

/** The server that `npm start` runs, as a process of its own. Memory is in MB, NaN where there is no /proc that tells. */
export type BenchServer = {
  pid: number;
  port: number;
  host: string;
  /** Resident now. */
  memory(): number;
  /** The most it was resident since the last call. */
  takePeak(): number;
  stop(): Promise<void>;
};

/** Starts the built server on a free port, with its log lines written and thrown away, and with no limit in the way. */
export async function startServer(rootDomainOf: (port: number) => string): Promise<BenchServer> {
  const script = process.env.BENCH_SERVER;
  if (!script) throw new Error('BENCH_SERVER is not set: run this with `npm run bench`');
  const port = await freePort();
  const host = rootDomainOf(port);
  const child = fork(script, [], {
    env: {
      ...process.env,
      PORT: String(port),
      ROOT_DOMAIN: host,
      LOG_LEVEL: 'info',
      RATE_LIMIT_OVERRIDES: Object.keys(policies)
        .map((name) => `${name}=1000000/1`)
        .join(','),
    },
    execArgv: process.env.BENCH_NODE_OPTIONS?.split(' ').filter(Boolean) ?? [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message: { type?: string; message?: string }) => {
      if (message.type === 'ready') resolve();
      if (message.type === 'failed') reject(new Error(message.message));
    });
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)));
  });

  let peak = 0;
  const resident = () => residentMb(child);
  const watch = setInterval(() => {
    peak = Math.max(peak, resident());
  }, 100);
  return {
    pid: child.pid ?? 0,
    port,
    host,
    memory: resident,
    takePeak() {
      const most = Math.max(peak, resident());
      peak = 0;
      return most;
    },
    async stop() {
      clearInterval(watch);
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function residentMb(child: ChildProcess): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
