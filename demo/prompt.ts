import type { Found } from './retriever';

/** What the model is told before every question. */
export const SYSTEM_PROMPT =
  'You answer questions from numbered passages. Use nothing but the passages. Answer in one or two sentences, without ' +
  'naming the passages. If they do not contain the answer, say that you could not find it.';

/** The question with the chunks it is to be answered from, best first. */
export function toPrompt(question: string, found: readonly Found[]): string {
  const passages = found.map(
    ({ passage }, rank) => `[${rank + 1}] ${passage.title} – ${passage.section}\n${passage.text}`,
  );
  return `Passages:\n\n${passages.join('\n\n') || '(none)'}\n\nQuestion: ${question}\nAnswer:`;
}
