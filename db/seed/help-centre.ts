/** A trace as a client would post it. */
type HelpCentreTrace = Record<string, unknown> & { trace_id: string; response_latency_ms: number };

type Passage = { text: string; source: string };

// A few passages of an imaginary help centre, and the answers given from them: sound ones, one that goes beyond its
// chunks, one with a swapped number, one from a retriever that found nothing, one that failed.
const passages = {
  trial: {
    source: 'help/billing/trial.md',
    text: 'Every new account starts with a 14-day trial of the Pro plan. No card is needed. When the trial ends the account moves to the free plan; nothing is deleted.',
  },
  refund: {
    source: 'help/billing/refunds.md',
    text: 'Monthly plans can be refunded within 7 days of the charge. Yearly plans can be refunded within 30 days of the charge, in full, to the card that was charged.',
  },
  seats: {
    source: 'help/billing/seats.md',
    text: 'A seat is a person who was an active member at any time in the hour. Removing a member frees the seat at the start of the next hour.',
  },
  export: {
    source: 'help/data/export.md',
    text: 'An admin can export all data of the account from Settings → Data. The archive holds one JSONL file per table and a manifest with checksums. The link to it works for 24 hours.',
  },
  retention: {
    source: 'help/data/retention.md',
    text: 'The free plan keeps data for 14 days, Pro for 90 days, Enterprise for as long as agreed. Older data is deleted every night and cannot be restored.',
  },
  sso: {
    source: 'help/security/sso.md',
    text: 'Single sign-on with SAML 2.0 or OpenID Connect is part of Enterprise. Pro accounts can sign in with Google and GitHub.',
  },
  limits: {
    source: 'help/api/limits.md',
    text: 'The API allows 200 requests per second for each account. Beyond that it answers 429 with a Retry-After header. Limits are counted per account, not per key.',
  },
  webhooks: {
    source: 'help/api/webhooks.md',
    text: 'A webhook that is not answered with a 2xx status within 10 seconds is tried again after 1, 5, 30 and 120 minutes, then given up.',
  },
} as const satisfies Record<string, Passage>;

type Recipe = {
  question: string;
  retrieved: readonly [keyof typeof passages, number][];
  answer?: string;
  error?: string;
  model: string;
  latencyMs: number;
  configuration: string;
  /** How well the answer is grounded, as somebody who has read both would say. */
  verdict?: readonly [score: number, why: string];
};

const recipes: readonly Recipe[] = [
  {
    question: 'How long is the trial, and do I need a credit card?',
    retrieved: [
      ['trial', 0.91],
      ['refund', 0.42],
      ['retention', 0.31],
    ],
    answer: 'The trial of the Pro plan lasts 14 days and needs no card.',
    verdict: [1, 'Both stand in the first chunk.'],
    model: 'gpt-4o-mini',
    latencyMs: 842,
    configuration: 'baseline',
  },
  {
    question: 'Can I get my money back for a yearly plan?',
    retrieved: [
      ['refund', 0.94],
      ['trial', 0.38],
    ],
    answer:
      'Yes. A yearly plan can be refunded in full within 30 days of the charge, to the card that was charged.',
    verdict: [1, 'Word for word what the first chunk says of yearly plans.'],
    model: 'gpt-4o-mini',
    latencyMs: 911,
    configuration: 'baseline',
  },
  {
    question: 'How many days do I have to ask for a refund of a monthly plan?',
    retrieved: [
      ['refund', 0.93],
      ['seats', 0.29],
    ],
    answer: 'You have 30 days to ask for a refund of a monthly plan.',
    verdict: [0.1, 'The 30 days are those of yearly plans; the same chunk says 7 of monthly ones.'],
    model: 'gpt-4o-mini',
    latencyMs: 780,
    configuration: 'swapped-number',
  },
  {
    question: 'What happens when I go over the API rate limit?',
    retrieved: [
      ['limits', 0.96],
      ['webhooks', 0.51],
      ['seats', 0.22],
    ],
    answer:
      'Beyond 200 requests per second the API answers 429 with a Retry-After header. The limit counts for the whole account, not for each key.',
    verdict: [1, 'All of it stands in the first chunk.'],
    model: 'claude-sonnet-4',
    latencyMs: 1304,
    configuration: 'baseline',
  },
  {
    question: 'Which plans have SAML?',
    retrieved: [['sso', 0.9]],
    answer:
      'SAML single sign-on is part of Enterprise. It is also being rolled out to Pro accounts this quarter, at no extra charge.',
    verdict: [
      0.5,
      'Enterprise stands in the chunk. That Pro accounts will get it, and for nothing, does not.',
    ],
    model: 'claude-sonnet-4',
    latencyMs: 1522,
    configuration: 'beyond-chunks',
  },
  {
    question: 'Is there a native app for Linux phones?',
    retrieved: [],
    answer: 'I could not find anything about that in the help centre.',
    model: 'gpt-4o-mini',
    latencyMs: 402,
    configuration: 'nothing-retrieved',
  },
  {
    question: 'How often is a failed webhook tried again?',
    retrieved: [
      ['webhooks', 0.95],
      ['limits', 0.33],
    ],
    error: 'upstream model returned 529: overloaded',
    model: 'claude-sonnet-4',
    latencyMs: 30_004,
    configuration: 'baseline',
  },
  {
    question: 'For how long can I download my export?',
    retrieved: [
      ['export', 0.97],
      ['retention', 0.48],
    ],
    answer: 'The link to the archive works for 24 hours.',
    verdict: [1, 'The first chunk says it.'],
    model: 'gpt-4o-mini',
    latencyMs: 655,
    configuration: 'baseline',
  },
  {
    question: 'When is old data deleted on the free plan?',
    retrieved: [
      ['retention', 0.92],
      ['export', 0.4],
      ['trial', 0.35],
    ],
    answer: 'The free plan keeps data for 14 days; older data is deleted every night.',
    verdict: [1, 'The first chunk says both.'],
    model: 'gpt-4o-mini',
    latencyMs: 733,
    configuration: 'baseline',
  },
];

/**
 * Nine answers of an imaginary help centre, written by hand, oldest first, as bodies of `POST /api/v1/traces`. Their ids
 * are the same at every seed and can be linked to.
 */
export function helpCentreTraces(tenant: string): HelpCentreTrace[] {
  return recipes.map((recipe, index) => {
    const chunks = recipe.retrieved.map(([name, score]) => ({ ...passages[name], score }));
    const context = chunks.map((chunk, rank) => `[${rank + 1}] ${chunk.text}`).join('\n');
    const prompt = `Answer from the passages only.\n\n${context}\n\nQuestion: ${recipe.question}`;
    return {
      trace_id: idOf(tenant, index),
      project: 'help-centre',
      user_input: recipe.question,
      retrieved_chunks: chunks,
      prompts: [prompt],
      model_output: recipe.answer,
      model_name: recipe.model,
      response_latency_ms: recipe.latencyMs,
      tokens_in: Math.ceil(prompt.length / 4),
      tokens_out: recipe.answer ? Math.ceil(recipe.answer.length / 4) : 0,
      metadata: {
        configuration: recipe.configuration,
        retriever: 'bm25',
        k: chunks.length,
        user_id: `customer-${(index % 3) + 1}`,
        session_id: `chat-${Math.floor(index / 3) + 1}`,
      },
      error: recipe.error,
    };
  });
}

/** What a reader has judged of those answers, as bodies of `POST /api/v1/evaluations`; failures and refusals have nothing to judge. */
export function helpCentreVerdicts(tenant: string): Record<string, unknown>[] {
  return recipes.flatMap(({ verdict }, index) =>
    verdict
      ? [
          {
            ...{ trace_id: idOf(tenant, index), id: 'reader', score_type: 'grounding' },
            ...{ score: verdict[0], explanation: verdict[1], evaluator_id: 'reader' },
          },
        ]
      : [],
  );
}

const idOf = (tenant: string, index: number) => `${tenant}-demo-${String(index + 1).padStart(2, '0')}`;
