/** Something that the person at the terminal can mend: shown as one line, and nothing more is sent. */
export class Problem extends Error {
  override name = 'Problem';
}
