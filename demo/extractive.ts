import type { Passage } from './corpus';
import type { Found } from './retriever';
import { numbers, sentences, terms } from './text';

/** Below this share of the question's weight in its best sentence, saying nothing is better than guessing. */
const ENOUGH = 0.34;
/** A second sentence belongs into the answer when it is nearly as good as the best. */
const NEARLY_AS_GOOD = 0.72;
/** How much a chunk further down counts less. */
const PER_RANK = 0.06;

const REFERS_BACK =
  /^(He|She|It|They|This|These|That|Those|Both|Its|His|Their|Such|Still|Because of|The same)\b/;
const MONTH = /January|February|March|April|May|June|July|August|September|October|November|December/;

type Candidate = { text: string; before: string[]; source: string; place: number; score: number };

/**
 * An answer made of the one or two sentences of the chunks that say most of what the question asks, in the order in
 * which they stand. Null when no chunk says enough. The same for the same question and chunks.
 */
export function extractAnswer(
  question: string,
  found: readonly Found[],
  weightOf: (term: string) => number,
): string | null {
  const asked = [...new Set(terms(question))];
  const total = asked.reduce((sum, term) => sum + weightOf(term), 0);
  if (total === 0) return null;

  const candidates = found.flatMap(({ passage }, rank) => {
    const { heading, all } = read(passage);
    return all.map(({ text, said }, place): Candidate => {
      const share = (isSaid: (term: string) => boolean) =>
        asked.reduce((sum, term) => sum + (isSaid(term) ? weightOf(term) : 0), 0) / total;
      // The heading holds for each sentence below it, but says nothing about which of them is meant.
      const byHeading = share((term) => heading.has(term) && !said.has(term));
      const score =
        share((term) => said.has(term)) + 0.4 * byHeading + fits(question, text) - PER_RANK * rank;
      return {
        text,
        before: all.slice(0, place).map((one) => one.text),
        source: passage.source,
        place,
        score,
      };
    });
  });
  candidates.sort((a, b) => b.score - a.score);
  const [best, ...others] = candidates;
  if (!best || best.score < ENOUGH) return null;

  const second = others.find(
    ({ source, score }) => source === best.source && score >= best.score * NEARLY_AS_GOOD,
  );
  const chosen = second ? [best, second].sort((a, b) => a.place - b.place) : [best];
  const [first] = chosen;
  // “It was first published in 1980” needs the sentence that names what it speaks of, and is then long enough.
  if (first && REFERS_BACK.test(first.text)) {
    const named = first.before.findLast((text) => !REFERS_BACK.test(text));
    if (named) return `${named} ${first.text}`;
  }
  return chosen.map(({ text }) => text).join(' ');
}

type Read = { heading: Set<string>; all: { text: string; said: Set<string> }[] };
const alreadyRead = new WeakMap<Passage, Read>();

/** A passage's sentences with their terms, worked out once: hundreds of questions read the same passages. */
function read(passage: Passage): Read {
  let known = alreadyRead.get(passage);
  if (!known) {
    const all = sentences(passage.text).map((text) => ({ text, said: new Set(terms(text)) }));
    known = { heading: new Set(terms(passage.section)), all };
    alreadyRead.set(passage, known);
  }
  return known;
}

/** What the first word of the question wants to see in a sentence: a date, a number, a name. */
function fits(question: string, sentence: string): number {
  if (/^(since )?when\b/i.test(question))
    return /\b(1[0-9]|20)\d\d\b/.test(sentence) || MONTH.test(sentence) ? 0.15 : 0;
  if (/\bhow (many|much|long|far|high|fast|wide|hot|old|large|heavy)\b/i.test(question))
    return numbers(sentence).length > 0 ? 0.15 : 0;
  if (/^who/i.test(question)) return /\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+/u.test(sentence) ? 0.15 : 0;
  return 0;
}
