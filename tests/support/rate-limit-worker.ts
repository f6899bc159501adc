import { redisStore } from '@/lib/rate-limit/redis';
import type { Limit } from '@/lib/rate-limit/store';

/** A process that asks a Redis for one key as fast as it can, and says how many were let through. Started by stores.test.ts. */
const [url = '', key = '', milliseconds = '0', given = ''] = process.argv.slice(2);
const limit = JSON.parse(given) as Limit;
const store = redisStore(url);
let connected = false;
while (!connected) {
  connected = await store.take('warm up', limit).then(
    () => true,
    () => new Promise<boolean>((resolve) => setTimeout(resolve, 20, false)),
  );
}
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));

const until = performance.now() + Number(milliseconds);
let admitted = 0;
let asked = 0;
await Promise.all(
  Array.from({ length: 8 }, async () => {
    while (performance.now() < until) {
      const { allowed } = await store.take(key, limit);
      asked += 1;
      if (allowed) admitted += 1;
      // Twice the rate or more is enough of a flood; the machine has other work.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }),
);
await store.close();
process.send?.({ admitted, asked }, () => process.exit(0));
