import { parseAddresses, planInvitations } from '@/lib/workflows/invitations/rules';
import type { InvitedList } from '@/lib/workflows/invitations/schema';

/** What the page knows of the workspace. `invited` are those whose invitation has not expired. */
export type Known = {
  members: string[];
  invited: string[];
  seats: { used: number; limit: number | null };
};

/** What would become of each piece of a pasted list, as far as the page can know: the server decides anew. */
export function previewList(list: string, { members, invited, seats }: Known): InvitedList['lines'] {
  const pieces = parseAddresses(list);
  const emails = pieces.flatMap(({ email, issue }) => (issue === null ? [email] : []));
  const facts = { members: new Set(members), invited: new Set(invited), seats };
  const outcomeOf = planInvitations(emails, facts);
  return pieces.map(({ text, email, issue }) => ({
    text,
    email,
    outcome: issue ?? outcomeOf.get(email) ?? 'malformed',
  }));
}
