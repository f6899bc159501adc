/**
 * A string as PostgreSQL can store it: NUL, which it has no place for, and lone surrogates, which UTF-8 has none for, are
 * replaced by U+FFFD.
 */
export function toStorable(text: string): string {
  if (text.isWellFormed() && !text.includes('\u0000')) return text; // nearly always, and then nothing is made
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}
