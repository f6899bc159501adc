import { Redis } from '@upstash/redis';
import { scriptClient } from './scripts';
import { sharedCounter } from './shared';
import type { SharedStore } from './store';

/**
 * Counts in an Upstash Redis over its REST protocol. A request that takes longer than `giveUpMs` is ended, so that those to
 * a service that hangs do not pile up; the guard has long decided by then.
 */
export function upstashStore({
  url,
  token,
  giveUpMs = 1_000,
}: {
  url: string;
  token: string;
  giveUpMs?: number;
}): SharedStore {
  const redis = new Redis({
    url,
    token,
    retry: false,
    enableTelemetry: false,
    // Each decision stands alone: nothing is read that was written by another request of ours.
    readYourWrites: false,
    signal: () => AbortSignal.timeout(giveUpMs),
  });
  const take = sharedCounter(
    scriptClient(
      {
        evalsha: (sha, keys, args) => redis.evalsha(sha, keys, args),
        eval: (script, keys, args) => redis.eval(script, keys, args),
      },
      { plainRedis: false },
    ),
  );
  return { take, reconnect() {}, async close() {} };
}
