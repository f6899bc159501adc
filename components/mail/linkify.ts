export type TextPart = { text: string; href: string | null };

/** Cuts a text into plain parts and http(s) addresses. A full stop or bracket after an address is not part of it. */
export function linkify(text: string): TextPart[] {
  return text
    .split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/)
    .filter((part) => part !== '')
    .map((part) => ({ text: part, href: /^https?:\/\//.test(part) ? part : null }));
}
