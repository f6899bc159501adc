import {
  type Configuration,
  configurationCards,
  configurationNames,
  configurations,
  FAILURE_RATE,
  failures,
  indexVersions,
  models,
  SLOW_RATE,
} from './configurations';
import type { Passage, Project } from './corpus';
import { addClaim, swapNumber } from './defects';
import { extractAnswer } from './extractive';
import { choosePools, type Indexes } from './pools';
import { SYSTEM_PROMPT, toPrompt } from './prompt';
import type { Question } from './questions';
import { createDeck, createRandom, type Random } from './random';
import { createRetriever, type Found } from './retriever';
import { toStaleCorpus } from './stale';
import { countTokens } from './text';

/** A trace as a client posts it: the body of `POST /api/v1/traces`. `timestamp` is in epoch seconds. */
export type DemoTrace = {
  trace_id: string;
  timestamp?: number;
  project: Project;
  user_input: string;
  retrieved_chunks: {
    text: string;
    source: string;
    score: number;
    metadata: { title: string; section: string };
  }[];
  prompts: string[];
  model_output?: string;
  model_name: string;
  response_latency_ms: number;
  tokens_in: number;
  tokens_out: number;
  metadata: {
    configuration: Configuration;
    retriever: 'bm25';
    k: number;
    /** Who wrote the answer, whatever model the trace names. */
    generator: 'extractive' | 'language-model';
    index_version: string;
    user_id: string;
    session_id: string;
    /** The source of the passage that answers the question; null where the corpus has none. */
    expected_passage: string | null;
  };
  error?: string;
};

/** A trace before it has an answer, and what is needed to make one. */
export type Draft = {
  trace: DemoTrace;
  /** The answer taken from the chunks; null when the model fails. */
  extracted: string | null;
  /** Puts an answer into the trace, with the defect of its configuration where the answer has room for it. */
  finish(answer: {
    text: string;
    model?: string;
    latencyMs?: number;
    tokensIn?: number;
    tokensOut?: number;
  }): DemoTrace;
};

type Options = { corpus: readonly Passage[]; count: number; seed: number };

/** That many traces of the demo, answered from the chunks. The same for the same corpus, count and seed. */
export function makeTraces(options: Options): DemoTrace[] {
  return makeDrafts(options).map(({ trace, extracted, finish }) =>
    extracted === null ? trace : finish({ text: extracted }),
  );
}

/**
 * Questions, chunks and all but the answers: people come in sessions of one to four questions, each with one user, one
 * project, one model and one configuration.
 */
export function makeDrafts({ corpus, count, seed }: Options): Draft[] {
  const random = createRandom(seed);
  const indexes: Indexes = {
    current: createRetriever(corpus),
    stale: createRetriever(toStaleCorpus(corpus)),
  };
  const dealt = createDeck(configurationCards, random);
  // One session of each to begin with: even a small run shows them all.
  const first = random.shuffle(configurationNames);
  const nextQuestion = choosePools(corpus, indexes, random);
  const drafts: Draft[] = [];
  while (drafts.length < count) {
    const configuration = first.pop() ?? dealt();
    const next = nextQuestion[configuration][random.weighted(projectWeights).project];
    const session = {
      configuration,
      model: random.weighted(models),
      userId: `user-${String(random.between(1, 24)).padStart(2, '0')}`,
      sessionId: `session-${random.uuid().slice(0, 8)}`,
    };
    const length = random.weighted(sessionLengths).questions;
    for (let turn = 0; turn < length && drafts.length < count; turn += 1) {
      drafts.push(makeDraft(next(), session, indexes, random));
    }
  }
  return drafts;
}

const projectWeights: readonly { project: Project; weight: number }[] = [
  { project: 'atlas', weight: 4 },
  { project: 'everyday-science', weight: 3 },
  { project: 'product-docs', weight: 3 },
];

const sessionLengths = [
  { questions: 1, weight: 4 },
  { questions: 2, weight: 3 },
  { questions: 3, weight: 2 },
  { questions: 4, weight: 1 },
];

type Session = {
  configuration: Configuration;
  model: (typeof models)[number];
  userId: string;
  sessionId: string;
};

function makeDraft(question: Question, session: Session, indexes: Indexes, random: Random): Draft {
  const { configuration, model } = session;
  const { k, index } = configurations[configuration];
  const retriever = indexes[index];
  const found = retriever.search(question.text, { project: question.project, k });
  const prompts = [SYSTEM_PROMPT, toPrompt(question.text, found)];
  const trace: DemoTrace = {
    trace_id: random.uuid(),
    project: question.project,
    user_input: question.text,
    retrieved_chunks: found.map(toChunk),
    prompts,
    model_name: model.name,
    response_latency_ms: 0,
    tokens_in: countTokens(prompts.join('')),
    tokens_out: 0,
    metadata: {
      configuration,
      retriever: 'bm25',
      k,
      generator: 'extractive',
      index_version: indexVersions[index][question.project],
      user_id: session.userId,
      session_id: session.sessionId,
      expected_passage: question.answeredBy,
    },
  };

  // Failures leave the answers alone that are wrong on purpose: there are few of those.
  const mayFail = configuration === 'baseline' || configuration === 'k-too-small';
  if (mayFail && random.next() < FAILURE_RATE) {
    const { error, latencyMs } = random.weighted(failures);
    const failed = { ...trace, error, response_latency_ms: random.between(...latencyMs) };
    return { trace: failed, extracted: null, finish: () => failed };
  }

  const answer = extractAnswer(question.text, found, retriever.weightOf);
  const extracted = answer === null ? random.pick(nothingFound) : random.weighted(wordings).prefix + answer;
  const chunks = found.map(({ passage }) => passage.text);
  // Drawn now, so that a draft is the same whoever answers it and whenever.
  const defects = createRandom(random.between(0, 2 ** 31));
  const pace = random.logNormal(1, 0.35) * (random.next() < SLOW_RATE ? random.between(6, 14) : 1);
  const search = random.logNormal(35, 0.4);
  return {
    trace,
    extracted,
    finish({ text, ...measured }) {
      const spoil = (said: string) => withDefect(configuration, said, chunks, question.project, defects);
      // An answer without a number, say, has nothing to swap: the one from the chunks then has.
      const output = spoil(text) ?? spoil(extracted) ?? text;
      const tokensOut = measured.tokensOut ?? countTokens(output);
      const modelled = search + pace * (model.firstTokenMs + tokensOut * model.perTokenMs);
      return {
        ...trace,
        model_output: output,
        model_name: measured.model ?? trace.model_name,
        response_latency_ms: Math.round(measured.latencyMs ?? modelled),
        tokens_in: measured.tokensIn ?? trace.tokens_in,
        tokens_out: tokensOut,
        metadata: { ...trace.metadata, generator: measured.model ? 'language-model' : 'extractive' },
      };
    },
  };
}

const wordings = [
  { prefix: '', weight: 6 },
  { prefix: 'In short: ', weight: 1 },
  { prefix: 'Here is what I found: ', weight: 1 },
];

const nothingFound = [
  'I could not find an answer to that.',
  'I could not find anything about this in the documents.',
  'Sorry, the documents do not answer this question.',
];

function withDefect(
  configuration: Configuration,
  answer: string,
  chunks: readonly string[],
  project: Project,
  random: Random,
): string | null {
  if (configuration === 'beyond-chunks') return addClaim(answer, chunks, project, random);
  if (configuration === 'swapped-number') return swapNumber(answer, chunks, random);
  return answer;
}

function toChunk({ passage, score }: Found): DemoTrace['retrieved_chunks'][number] {
  const { text, source, title, section } = passage;
  return { text, source, score, metadata: { title, section } };
}
