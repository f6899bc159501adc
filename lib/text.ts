/**
 * A string as PostgreSQL can store it: NUL, which it has no place for, and lone surrogates, which UTF-8 has none for, are
 * replaced by U+FFFD.
 */
export function toStorable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}
