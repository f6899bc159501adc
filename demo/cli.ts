import { loadCorpus } from './corpus';
import { createFetch } from './http';
import { type LanguageModel, languageModelOf } from './language-model';
import { type Defaults, HELP, type RunOptions, readOptions } from './options';
import { type DemoTrace, type Draft, makeDrafts } from './pipeline';
import { Problem } from './problem';
import { report, type Sent } from './report';
import { assertReachable, createDelivery } from './send';

/** Where the run tells what it does. `live` is a terminal whose current line is redrawn. */
export type Terminal = {
  live: boolean;
  say(line: string): void;
  step<T>(name: string, work: (step: { update(detail: string): void }) => Promise<T>): Promise<T>;
};

/** What the caller's surroundings are. */
export type Surroundings = {
  args: readonly string[];
  env: Record<string, string | undefined>;
  defaults: Defaults;
  corpusFolder: string;
  terminal: Terminal;
  signal?: AbortSignal;
};

/** A language model that failed so often in a row is not asked again. */
const PATIENCE = 3;

/** Asks the demo's questions and sends the answers. Resolves to the exit code: 1 when anything was refused. */
export async function run(surroundings: Surroundings): Promise<number> {
  const { args, env, defaults, terminal } = surroundings;
  try {
    const options = readOptions(args, env, defaults);
    if (!options) {
      terminal.say(HELP);
      return 0;
    }
    return await sendAll(options, surroundings);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function sendAll(
  { url, key, count, concurrency, seed }: RunOptions,
  { env, corpusFolder, terminal, signal }: Surroundings,
): Promise<number> {
  const { fetch, close } = createFetch();
  try {
    await assertReachable({ url, fetch, signal });
    const corpus = loadCorpus(corpusFolder);
    const drafts = makeDrafts({ corpus, count, seed });
    const generator = createGenerator(languageModelOf(env, signal), signal);
    terminal.say(
      `${count} questions about ${corpus.length} passages (seed ${seed}), answered by ${generator.description}.`,
    );

    const sent: Sent[] = [];
    await terminal
      .step(`Sending to ${url.origin}`, async (step) => {
        const delivery = createDelivery({ url, key, fetch, signal }, (trace, outcome) => {
          sent.push({ trace, outcome });
          step.update(`${sent.length} of ${count}`);
          if (!terminal.live && isQuarter(sent.length, count)) terminal.say(`  ${sent.length} of ${count}`);
        });
        const todo = drafts.values();
        const work = async () => {
          for (const draft of todo) await delivery.send(stamp(await generator.answer(draft)));
        };
        try {
          await Promise.all(Array.from({ length: Math.min(concurrency, count) }, work));
          await delivery.finish();
        } finally {
          delivery.close();
        }
      })
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        if (sent.length > 0) terminal.say(`Stopped after ${sent.length} of ${count} traces.`);
        throw error;
      });

    const note = generator.note();
    terminal.say(`${note ? `${note}\n` : ''}\n${report(sent, url)}`);
    return sent.some(({ outcome }) => outcome.kind === 'refused') ? 1 : 0;
  } finally {
    close();
  }
}

/** Answers drafts by the language model, and from the chunks where there is none or it fails. */
function createGenerator(model: LanguageModel | null, signal?: AbortSignal) {
  let failedInARow = 0;
  let generated = 0;
  const reasons: string[] = [];

  async function answer({ trace, extracted, finish }: Draft): Promise<DemoTrace> {
    if (extracted === null) return trace;
    if (model && failedInARow < PATIENCE) {
      try {
        const [system = '', user = ''] = trace.prompts;
        const answered = await model.answer(system, user);
        failedInARow = 0;
        generated += 1;
        return finish(answered);
      } catch (error) {
        signal?.throwIfAborted();
        failedInARow += 1;
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
    return finish({ text: extracted });
  }

  return {
    answer,
    description: model ? model.name : 'sentences of the passages',
    /** What the reader of the result must know about its answers; null when nothing went wrong. */
    note(): string | null {
      if (!model || reasons.length === 0) return null;
      const stopped = failedInARow >= PATIENCE ? ' It was then not asked any more.' : '';
      return `Note: ${model.name} gave ${generated} answers and failed ${reasons.length} times (${reasons[0]}).${stopped} The other answers are sentences of the passages.`;
    },
  };
}

/** Sent as it happens: the call began as long ago as it took. */
function stamp(trace: DemoTrace): DemoTrace {
  return { ...trace, timestamp: (Date.now() - trace.response_latency_ms) / 1000 };
}

/** True four times in a run: what a log gets to see. */
function isQuarter(done: number, count: number): boolean {
  return Math.floor((done * 4) / count) > Math.floor(((done - 1) * 4) / count);
}
