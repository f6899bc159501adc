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
 * What is put in place of parts of the token bucket's script: the time is the Redis server's, the one clock that all
 * processes share, instead of the caller's. A bucket that was filled in what is now the future, because that clock was set
 * back, would get nothing until then: it is taken as filled now.
 */
const ONE_CLOCK: readonly (readonly [theirs: string, ours: string])[] = [
  ['tonumber(ARGV[4])', "(function(t) return t[1] * 1000 + math.floor(t[2] / 1000) end)(redis.call('TIME'))"],
  ['refilledAt = tonumber(bucket[1])', 'refilledAt = math.min(now, tonumber(bucket[1]))'],
];

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
  const ours = body.includes('refilledAt') ? ONE_CLOCK.reduce(substitute, body) : body;
  return plainRedis ? ours : shebang + ours;
}

/** Another version of the library may say it otherwise: better no decision than one by the wrong clock. */
function substitute(script: string, [theirs, ours]: (typeof ONE_CLOCK)[number]): string {
  if (script.split(theirs).length !== 2)
    throw new Error('@upstash/ratelimit has another token bucket than ours is made from');
  return script.replace(theirs, () => ours);
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
