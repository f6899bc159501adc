/** What a language model said, with what it cost. */
export type Generated = {
  text: string;
  model: string;
  latencyMs: number;
  tokensIn?: number;
  tokensOut?: number;
};

/** A chat model behind the API that OpenAI made usual. */
export type LanguageModel = {
  name: string;
  /** Asks with a system and a user prompt. Rejects with an Error whose message says in a few words what went wrong. */
  answer(system: string, user: string): Promise<Generated>;
};

const TIMEOUT_MS = 30_000;

type Completion = {
  model?: string;
  choices?: { message?: { content?: string | null } }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number };
  error?: { message?: string };
};

/** The model that OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL name; null without a key. */
export function languageModelOf(
  env: Record<string, string | undefined>,
  signal?: AbortSignal,
): LanguageModel | null {
  const key = env.OPENAI_API_KEY;
  if (!key) return null;
  const base = (env.OPENAI_BASE_URL || 'https://api.openai.com/v1').replace(/\/+$/, '');
  const name = env.OPENAI_MODEL || 'gpt-4o-mini';

  async function answer(system: string, user: string): Promise<Generated> {
    const began = performance.now();
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(`${base}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        // No temperature and no limit of tokens: some models refuse the one, some call the other by another name.
        body: JSON.stringify({
          model: name,
          messages: [
            { role: 'system', content: system },
            { role: 'user', content: user },
          ],
        }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const completion = (await response.json().catch(() => ({}))) as Completion;
      if (!response.ok)
        throw new Error(`${response.status} ${completion.error?.message ?? response.statusText}`);
      const text = completion.choices?.[0]?.message?.content?.trim();
      if (!text) throw new Error('an answer without text');
      return {
        text,
        model: completion.model ?? name,
        latencyMs: performance.now() - began,
        tokensIn: completion.usage?.prompt_tokens,
        tokensOut: completion.usage?.completion_tokens,
      };
    } catch (error) {
      signal?.throwIfAborted();
      if (timeout.aborted) throw new Error(`no answer within ${TIMEOUT_MS / 1000} s`);
      throw new Error(reasonOf(error));
    }
  }

  return { name, answer };
}

/** fetch says only "fetch failed"; what failed stands in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
