import { createClient } from '@redis/client';
import { scriptClient } from './scripts';
import { sharedCounter } from './shared';
import type { SharedStore } from './store';

/** Between attempts to connect again; the guard decides in this process meanwhile. */
const RECONNECT_MS = { least: 50, most: 1_000 };
const CONNECT_TIMEOUT_MS = 1_000;
/** Commands that wait for a Redis that does not answer; more are refused at once. */
const QUEUE = 10_000;

/** Counts in a Redis over TCP (`redis://`, or `rediss://` with TLS). Connects by itself, again and again. */
export function redisStore(url: string): SharedStore {
  let client = connect();

  function connect() {
    const made = createClient({
      url,
      RESP: 2,
      // What cannot be sent now is no use later: the request it was for has been answered.
      disableOfflineQueue: true,
      commandsQueueMaxLength: QUEUE,
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: (retries) =>
          Math.min(RECONNECT_MS.most, RECONNECT_MS.least * 2 ** Math.min(retries, 5)),
      },
    });
    made.on('error', () => {}); // each command says so itself, and the guard logs that once
    void made.connect().catch(() => {}); // rejects only when it is closed meanwhile
    return made;
  }

  const take = sharedCounter(
    scriptClient(
      {
        evalsha: (sha, keys, args) =>
          client.sendCommand(['EVALSHA', sha, String(keys.length), ...keys, ...args]),
        eval: (script, keys, args) => client.eval(script, { keys, arguments: args }),
      },
      { plainRedis: true },
    ),
  );

  return {
    take,
    reconnect() {
      client.destroy();
      client = connect();
    },
    async close() {
      if (client.isOpen) client.destroy();
    },
  };
}
