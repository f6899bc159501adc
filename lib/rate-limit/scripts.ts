import { createHash } from 'node:crypto';

/** How a Redis is asked to run a script, whichever way leads to it. Rejects with a message that holds NOSCRIPT where it has not got one. */
export type ScriptRunner = {
  evalsha(sha: string, keys: string[], args: string[]): Promise<unknown>;
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
};

/** What of a client `@upstash/ratelimit` uses. */
export type ScriptClient = {
  evalsha: <TArgs extends unknown[], TData = unknown>(
    sha: string,
    keys: string[],
    args: TArgs,
  ) => Promise<TData>;
  eval: <TArgs extends unknown[], TData = unknown>(
    script: string,
    keys: string[],
    args: TArgs,
  ) => Promise<TData>;
};

/** Upstash's own permission for scripts; a plain Redis refuses the line. */
const SHEBANG = /^#!lua[^\n]*\n/;

/**
 * Before the token bucket's script: the time is the Redis server's, the one clock that all processes share, instead of
 * the caller's. A bucket that was filled in what is now the future, because that clock was set back, would get nothing
 * until then: it is taken as filled now.
 */
const ONE_CLOCK = `local time = redis.call('TIME')
local millis = time[1] * 1000 + math.floor(time[2] / 1000)
ARGV[4] = millis
local filled = redis.call('HGET', KEYS[1], 'refilledAt')
if filled and tonumber(filled) > millis then redis.call('HSET', KEYS[1], 'refilledAt', millis) end
`;

/**
 * A client for `@upstash/ratelimit` over a runner. Its scripts are changed on their way: see ONE_CLOCK, and
 * `plainRedis` takes off the line that only Upstash understands. The library asks by the hash of its own text, so the
 * hash of ours is kept beside it from the first time that the script is sent.
 */
export function scriptClient(runner: ScriptRunner, { plainRedis }: { plainRedis: boolean }): ScriptClient {
  const ours = new Map<string, string>();
  return {
    async evalsha<TArgs extends unknown[], TData>(sha: string, keys: string[], args: TArgs) {
      const known = ours.get(sha);
      if (known === undefined) throw new Error('NOSCRIPT not sent yet');
      return (await runner.evalsha(known, keys, args.map(String))) as TData;
    },
    async eval<TArgs extends unknown[], TData>(script: string, keys: string[], args: TArgs) {
      const changed = adapt(script, plainRedis);
      const result = (await runner.eval(changed, keys, args.map(String))) as TData;
      ours.set(sha1(script), sha1(changed));
      return result;
    },
  };
}

function adapt(script: string, plainRedis: boolean): string {
  const [shebang = ''] = SHEBANG.exec(script) ?? [];
  const body = script.slice(shebang.length);
  const isBucket = body.includes('"refilledAt"');
  return `${plainRedis ? '' : shebang}${isBucket ? ONE_CLOCK : ''}${body}`;
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
