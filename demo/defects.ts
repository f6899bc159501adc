import type { Project } from './corpus';
import type { Random } from './random';
import { numbers, terms } from './text';

const inGeneral = [
  'Researchers in Chile reported similar results shortly afterwards.',
  'A documentary about this won an award in Toronto.',
  'Experts recommend reviewing this figure every eighteen months.',
  'A museum in Lisbon devotes a permanent exhibition to it.',
  'Critics nowadays regard this explanation as controversial.',
  'School curricula in Norway cover this topic extensively.',
  'Japanese textbooks mention one notable exception.',
];

/** Claims that no passage supports: what a model adds that wants to sound helpful. */
const claims: Record<Project, readonly string[]> = {
  atlas: [
    ...inGeneral,
    'Denmark issued a commemorative stamp in honour of this.',
    'Satellite images recently confirmed these values.',
  ],
  'everyday-science': [...inGeneral, 'Surveys in Bolivia suggest that altitude barely influences this.'],
  'product-docs': [
    'Enterprise customers may ask their account manager for an exemption.',
    'The upcoming mobile app will offer an equivalent option.',
    'A toggle on the preferences screen disables this behaviour.',
    'Windows installations consult the registry instead.',
    'The Helm chart exposes an undocumented switch for it.',
  ],
};

/**
 * An answer with a claim at its end of which not one meaningful word stands in the chunks. Null in the unlikely case that
 * every claim shares a word with them.
 */
export function addClaim(
  answer: string,
  chunks: readonly string[],
  project: Project,
  random: Random,
): string | null {
  const said = new Set(terms(`${answer} ${chunks.join(' ')}`));
  const unsupported = claims[project].filter((claim) => !terms(claim).some((term) => said.has(term)));
  return unsupported.length === 0 ? null : `${answer} ${random.pick(unsupported)}`;
}

const MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December';
const MONTH_AFTER = new RegExp(`^ (${MONTHS})\\b`);
/** `SHA-256`, `base64`, `10⁻³⁴`: the number is part of a word or a formula. */
const WORD_BEFORE = /\p{L}-?$/u;
/** `Apollo 11`: a short number after a capital letter is a name's, unless the word is a month. */
const NAME_BEFORE = new RegExp(`(?<!${MONTHS})(?<=\\p{Lu}[\\p{L}']*) $`, 'u');
const POWER_AFTER = /^[⁻⁰¹²³⁴-⁹]/;

/**
 * An answer in which one number became another that stands nowhere in its chunks. Null when it has none that stands in
 * them. The new number has as many digits as the old, and a day stays a day of its month: nothing but the fact is wrong.
 */
export function swapNumber(answer: string, chunks: readonly string[], random: Random): string | null {
  const inChunks = new Set(chunks.flatMap(numbers));
  const known = new Set([...numbers(answer), ...inChunks]);
  for (const { before, number, after } of random.shuffle(factsOf(answer))) {
    if (!inChunks.has(number)) continue;
    for (let attempt = 0; attempt < 30; attempt += 1) {
      const swapped = changeDigit(number, random);
      const isDay = Number(swapped) >= 1 && Number(swapped) <= 28;
      if (known.has(swapped) || (MONTH_AFTER.test(after) && !isDay)) continue;
      return before + swapped + after;
    }
  }
  return null;
}

/** The numbers of a text that state a fact, each with what stands around it. */
function factsOf(text: string): { before: string; number: string; after: string }[] {
  return [...text.matchAll(/\d+(?:[.,]\d+)*/g)].flatMap(({ 0: number, index }) => {
    const before = text.slice(0, index);
    const after = text.slice(index + number.length);
    const isName = number.length <= 3 && NAME_BEFORE.test(before);
    return isName || WORD_BEFORE.test(before) || POWER_AFTER.test(after) ? [] : [{ before, number, after }];
  });
}

/** Another number of the same form. Of a year the century stays: 1969 becomes 1939 or 1964, never 2969. */
function changeDigit(number: string, random: Random): string {
  const digits = [...number].flatMap((character, index) => (/\d/.test(character) ? [index] : []));
  const isYear = /^(1\d|20)\d\d$/.test(number);
  const place = random.pick(isYear ? digits.slice(2) : digits);
  const least = place === 0 ? 1 : 0;
  return number.slice(0, place) + random.between(least, 9) + number.slice(place + 1);
}
