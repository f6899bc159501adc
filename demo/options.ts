import { parseArgs } from 'node:util';
import { Problem } from './problem';

/** What a run is asked to do. */
export type RunOptions = { count: number; concurrency: number; seed: number; url: URL; key: string };

/** What holds where neither an argument nor a variable says otherwise; the key is that of the demo workspace. */
export type Defaults = { url: string; key: string | undefined };

export const HELP = `npm run demo -- [options]

Asks a small RAG program questions and sends each answer to RAG Toolkit as a trace.

  --count <n>         how many traces (60)
  --url <address>     a workspace, such as http://acme-corp.ragtoolkit.localhost:3000; also RAGTOOLKIT_URL
  --key <rtk_…>       an API key of that workspace; also RAGTOOLKIT_KEY. Without one, the demo key of npm start
  --concurrency <n>   how many are answered at a time (4)
  --seed <n>          the same number makes the same traces again

With OPENAI_API_KEY set (and OPENAI_BASE_URL, OPENAI_MODEL if need be) that model answers; otherwise answers are
taken from the passages word for word.`;

/**
 * Reads arguments and variables; null when help is asked for. Throws a Problem that names what is wrong. The demo key goes
 * to this machine and to the demo's own host only: it is nobody else's business.
 */
export function readOptions(
  args: readonly string[],
  env: Record<string, string | undefined>,
  defaults: Defaults,
): RunOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const url = readUrl(values.url ?? (env.RAGTOOLKIT_URL || defaults.url));
  const isOurs = url.hostname.endsWith('.localhost') || url.host === readUrl(defaults.url).host;
  const key = (values.key ?? env.RAGTOOLKIT_KEY) || (isOurs ? defaults.key : undefined);
  if (!key) {
    throw new Problem(
      isOurs
        ? 'There is no API key. Run `npm start` once, which makes one for the demo, or give one with --key.'
        : `There is no API key for ${url.host}. Give one with --key or RAGTOOLKIT_KEY.`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new Problem('The API key holds characters that no key has. Check --key.');
  return {
    url,
    key,
    count: readNumber('--count', values.count ?? '60', 1, 10_000),
    concurrency: readNumber('--concurrency', values.concurrency ?? '4', 1, 64),
    seed: readNumber('--seed', values.seed ?? String(Date.now() % 1_000_000), 0, 4_294_967_295),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    ...{ count: text, url: text, key: text, concurrency: text, seed: text },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    const [first] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new Problem(`${first?.replace(/\.? To specify.*$/, '')}. See npm run demo -- --help`);
  }
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Problem(
      `"${text}" is no address. Expected something like http://acme-corp.ragtoolkit.localhost:3000 after --url.`,
    );
  }
  return url;
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) {
    throw new Problem(`${name} is "${text}", but expected is a whole number from ${min} to ${max}.`);
  }
  return number;
}
