import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:net';
import { policies } from '@/lib/rate-limit/policies';
import { buildPaths } from '../../scripts/lib/build/build.mjs';

const build = buildPaths('test');

/** A server process of one test's own, which may be killed. */
export type OwnServer = {
  port: number;
  child: ChildProcess;
  kill: (signal: NodeJS.Signals) => Promise<void>;
};

/** Starts a script that says over IPC when it listens: server.mjs of the build unless told, with no rate limit in the way. */
export async function startOwnServer(env: Record<string, string>, script = build.server): Promise<OwnServer> {
  const port = await freePort();
  const child = fork(script, [], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      NEXT_DIST_DIR: build.nextDistDir,
      NEXT_TELEMETRY_DISABLED: '1',
      LOG_LEVEL: 'fatal',
      RATE_LIMIT_OVERRIDES: Object.keys(policies)
        .map((name) => `${name}=1000000/1`)
        .join(','),
      ROOT_DOMAIN: `ragtoolkit.localhost:${port}`,
      ...env,
      PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message: { type?: string; message?: string }) => {
      if (message.type === 'ready') resolve();
      if (message.type === 'failed') reject(new Error(message.message));
    });
    child.once('exit', (code) => reject(new Error(`the server ended with code ${code}`)));
  });
  return {
    port,
    child,
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
