const STOP_WORDS = new Set(
  (
    'a about above after again all also although an and any are as at be because been before being below between both ' +
    'but by can could did do does doing down during each either else few for from further get gets got had has have ' +
    'having he her here hers him his how i if in into is it its itself just let may me might more most must my no nor ' +
    'not of off on once one only or other our out over own per rather same shall she should so some such than that the ' +
    'their them then there these they this those through to too under until up us very was we were what when where ' +
    'which while who whom whose why will with without would you your'
  ).split(' '),
);

/** The words of a text as they stand, in lower case and without accents. */
export function tokens(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/['’]s\b/g, '');
  return plain.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** A word as it is indexed: without the commonest English endings; null for one that carries no meaning by itself. */
export function toTerm(token: string): string | null {
  if (STOP_WORDS.has(token)) return null;
  if (token.length <= 4 || /\d/.test(token)) return token.length === 4 ? token.replace(/s$/, '') : token;
  return token
    .replace(/ies$/, 'y')
    .replace(/(ing|ed|es|s)$/, '')
    .replace(/e$/, '')
    .replace(/([bdgmnpt])\1$/, '$1');
}

/** The terms of a text, in order, with repetitions. */
export function terms(text: string): string[] {
  return tokens(text).flatMap((token) => toTerm(token) ?? []);
}

/** A text's sentences. An abbreviation's full stop does not end one, since small letters follow it. */
export function sentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+(?=[\p{Lu}\d“])/u);
}

/** Every number in a text as it is written there: `1,650,763.73`, `2017`, `5`. */
export function numbers(text: string): string[] {
  return text.match(/\d+(?:[.,]\d+)*/g) ?? [];
}

/** How many tokens a language model counts in a text, near enough: one for each four characters. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
