import { numbers, sentences, terms } from './text';

/** So many of a sentence's words, as a share, must stand in the chunks for it to be taken from them. */
const SUPPORTED_FROM = 0.6;

/** An answer that says that there is none claims nothing. */
const ABSTAINS = /\b(could not find|do not answer)\b/i;

/** How well an answer is grounded: the share of its sentences that its chunks say, and which of them say nothing of it. */
export type Grounding = { score: number; unsupported: string[] };

/**
 * A judge that only compares words: a sentence is supported when its numbers, and most of its meaningful words, stand in the
 * chunks. Null for an answer that claims nothing. It knows no synonyms and no negations; a language model would judge better.
 */
export function judgeGrounding(answer: string, chunks: readonly string[]): Grounding | null {
  const said = sentences(answer.trim()).filter((sentence) => terms(sentence).length > 0);
  if (said.length === 0 || ABSTAINS.test(answer)) return null;
  const text = chunks.join('\n');
  const [known, figures] = [new Set(terms(text)), new Set(numbers(text))];
  const unsupported = said.filter((sentence) => {
    const words = terms(sentence);
    const found = words.filter((word) => known.has(word)).length;
    return found / words.length < SUPPORTED_FROM || numbers(sentence).some((figure) => !figures.has(figure));
  });
  return { score: 1 - unsupported.length / said.length, unsupported };
}
