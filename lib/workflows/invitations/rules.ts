import { emailSchema } from '@/lib/auth/schema';

/** Days for which a mailed link works. */
export const INVITATION_DAYS = 7;

/** Seconds between two mails of one invitation. */
export const RESEND_AFTER_SECONDS = 60;

/** Addresses that one list may hold. */
export const MAX_AT_ONCE = 100;

/** Characters that one list may hold: some 250 for each address, with its name. */
export const MAX_LIST_LENGTH = 25_000;

/** A piece of a pasted list: the address that was understood, or why there is none to be invited. */
export type PastedAddress =
  | { text: string; email: string; issue: null }
  | { text: string; email: string; issue: 'duplicate' }
  | { text: string; email: null; issue: 'malformed' };

/**
 * The addresses of a pasted list: parted by newlines, commas, semicolons or tabs, bare or as `Name <a@b.example>`, where
 * a quoted name may hold any of them. Lower-cased; of the same address twice the second is a `duplicate`.
 */
export function parseAddresses(list: string): PastedAddress[] {
  const seen = new Set<string>();
  return split(list).map((text): PastedAddress => {
    const parsed = emailSchema.safeParse(/<([^<>]*)>$/.exec(text)?.[1] ?? text);
    if (!parsed.success) return { text, email: null, issue: 'malformed' };
    const email = parsed.data;
    if (seen.has(email)) return { text, email, issue: 'duplicate' };
    seen.add(email);
    return { text, email, issue: null };
  });
}

function split(list: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let quoted = false;
  const end = () => {
    pieces.push(...toBareAddresses(piece.trim()));
    piece = '';
    quoted = false;
  };
  for (const character of list) {
    if (character === '\n' || character === '\r' || (!quoted && /[,;\t]/.test(character))) end();
    else {
      if (character === '"') quoted = !quoted;
      piece += character;
    }
  }
  end();
  return pieces;
}

/** Addresses with nothing but spaces between them are several. */
function toBareAddresses(piece: string): string[] {
  const words = piece.split(/\s+/).filter(Boolean);
  return words.length > 1 && words.every((word) => /^[^<>"]+@[^<>"]+$/.test(word))
    ? words
    : piece === ''
      ? []
      : [piece];
}

/** What becomes of an address that is to be invited. */
export const outcomes = ['invited', 'member', 'already_invited', 'no_seat', 'rate_limited'] as const;
export type Outcome = (typeof outcomes)[number];

/** What is known of a workspace when people are to be invited. `limit` null is no limit of seats. */
export type InvitingFacts = {
  members: ReadonlySet<string>;
  /** Addresses with an open invitation that has not expired. */
  invited: ReadonlySet<string>;
  seats: { used: number; limit: number | null };
};

/** Whether nobody more can be invited. */
export function isFull({ used, limit }: InvitingFacts['seats']): boolean {
  return limit !== null && used >= limit;
}

/** What becomes of each address, in order: the first ones get the seats that are left. */
export function planInvitations(
  emails: readonly string[],
  { members, invited, seats }: InvitingFacts,
): Map<string, Outcome> {
  let used = seats.used;
  return new Map(
    emails.map((email) => {
      if (members.has(email)) return [email, 'member'];
      if (invited.has(email)) return [email, 'already_invited'];
      if (isFull({ used, limit: seats.limit })) return [email, 'no_seat'];
      used++;
      return [email, 'invited'];
    }),
  );
}
