import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@/scripts/lib/ports.mjs';
import { launchServer } from '@/scripts/lib/server-process.mjs';
import { type Answer, send } from './support';

type Sent = {
  subdomain: string;
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
};

export type SecondServer = {
  port: number;
  rootDomain: string;
  send(sent: Sent): Promise<Answer>;
  log(): string;
  stop(): Promise<void>;
};

/**
 * Another server of the same build on the same database, with an environment of its own: for tests of what the one that
 * all tests share must not have, such as limits. Throws, with the server's own words, when it does not start.
 */
export async function startSecondServer(env: Record<string, string>): Promise<SecondServer> {
  const port = await freePort();
  const rootDomain = `ragtoolkit.localhost:${port}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'ragtoolkit-own-server-'));
  const logFile = path.join(folder, 'server.log');
  const log = openSync(logFile, 'a');
  const server = launchServer({
    script: path.resolve('.build/test/server.mjs'),
    env: {
      ...process.env,
      NODE_ENV: 'production',
      RAGTOOLKIT_EMBEDDED: '1',
      NEXT_DIST_DIR: '.build/test/next',
      LOG_LEVEL: 'warn',
      PORT: String(port),
      ROOT_DOMAIN: rootDomain,
      RATE_LIMIT_OVERRIDES: '',
      ...env,
    },
    port,
    log,
  });
  closeSync(log);
  const stop = async () => {
    await server.stop();
    agent.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  const agent = new http.Agent({ keepAlive: true, maxSockets: 200 });
  try {
    await server.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  const request = ({ subdomain, ...sent }: Sent) =>
    send({ ...sent, host: `${subdomain ? `${subdomain}.` : ''}${rootDomain}`, port, agent });
  return { port, rootDomain, send: request, log: () => readFileSync(logFile, 'utf8'), stop };
}
