import { createHash } from 'node:crypto';
import { bucketScript } from './bucket-script';

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

/** A script in place of the library's, and what of the library's arguments it takes. */
type Script = { text: string; sha: string; pick: (args: readonly unknown[]) => string[] };

/** Upstash's own permission for scripts; a plain Redis refuses the line. */
const SHEBANG = /^#!lua[^\n]*\n/;
/** SHA-1 of the library's token bucket: what `bucketScript` does the same as. */
const THEIR_BUCKET = 'd60be5bd3d83482ae229309f1f7425424f891204';

/**
 * What is put in place of parts of the token bucket's script where ours cannot run: see `bucketScript` for the reasons.
 */
const ONE_CLOCK: readonly (readonly [theirs: string, ours: string])[] = [
  ['tonumber(ARGV[4])', "(function(t) return t[1] * 1000 + math.floor(t[2] / 1000) end)(redis.call('TIME'))"],
  ['refilledAt = tonumber(bucket[1])', 'refilledAt = math.min(now, tonumber(bucket[1]))'],
  [
    'return {-1, refilledAt + interval, effectiveLimit}',
    `if bucket[1] and tonumber(bucket[1]) > now then redis.call("HSET", key, "refilledAt", refilledAt) end
    return {-1, refilledAt + interval, effectiveLimit}`,
  ],
];

/**
 * A client for `@upstash/ratelimit` over a runner. Its scripts are changed on their way: `bucketScript` stands in for its
 * token bucket on a plain Redis, ONE_CLOCK is put into it on Upstash, and the line that only Upstash understands comes off.
 * The library asks by the hash of its own text, so ours is kept beside that from the first time that the script is sent.
 */
export function scriptClient(runner: ScriptRunner, { plainRedis }: { plainRedis: boolean }): ScriptClient {
  const ours = new Map<string, Script>();
  return {
    evalsha<TArgs extends unknown[], TData>(sha: string, keys: string[], args: TArgs) {
      const known = ours.get(sha);
      if (known === undefined) return Promise.reject(new Error('NOSCRIPT not sent yet'));
      return runner.evalsha(known.sha, keys, known.pick(args)) as Promise<TData>;
    },
    async eval<TArgs extends unknown[], TData>(script: string, keys: string[], args: TArgs) {
      const changed = plainRedis ? forPlainRedis(script) : forUpstash(script);
      const result = (await runner.eval(changed.text, keys, changed.pick(args))) as TData;
      ours.set(sha1(script), changed);
      return result;
    },
  };
}

function forPlainRedis(script: string): Script {
  if (sha1(script) === THEIR_BUCKET)
    return make(bucketScript, ([max, step, rate, , by]) => [max, step, rate, by]);
  if (script.includes('refilledAt')) throw new Error(OTHER_BUCKET);
  return make(script.replace(SHEBANG, ''));
}

function forUpstash(script: string): Script {
  return make(script.includes('refilledAt') ? ONE_CLOCK.reduce(substitute, script) : script);
}

function make(text: string, pick = (args: readonly unknown[]) => args): Script {
  return { text, sha: sha1(text), pick: (args) => pick(args).map(String) };
}

const OTHER_BUCKET = '@upstash/ratelimit has another token bucket than ours is made from';

/** Another version of the library may say it otherwise: better no decision than one by the wrong clock. */
function substitute(script: string, [theirs, ours]: (typeof ONE_CLOCK)[number]): string {
  if (script.split(theirs).length !== 2) throw new Error(OTHER_BUCKET);
  return script.replace(theirs, () => ours);
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
