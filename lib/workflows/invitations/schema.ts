import { z } from 'zod';
import { emailSchema, roles } from '@/lib/auth/schema';
import { MAX_AT_ONCE, MAX_LIST_LENGTH, outcomes, parseAddresses } from './rules';

const role = z.enum(roles, { error: `expected one of ${roles.join(', ')}` });

export const inviteInput = z.object({ email: emailSchema, role });
export const invited = z.object({ id: z.uuid(), email: z.string(), role });

/** A pasted list of addresses, all for one role. */
export const inviteListInput = z.object({
  list: z
    .string()
    .max(MAX_LIST_LENGTH, `At most ${MAX_AT_ONCE} addresses at once.`)
    .superRefine((list, ctx) => {
      const { length } = parseAddresses(list);
      if (length === 0) ctx.addIssue({ code: 'custom', message: 'Paste at least one address.' });
      if (length > MAX_AT_ONCE)
        ctx.addIssue({
          code: 'custom',
          message: `At most ${MAX_AT_ONCE} addresses at once; these are ${length}.`,
        });
    }),
  role,
});

/** What became of each piece of the list, in its order. */
export const invitedList = z.object({
  lines: z.array(
    z.object({
      text: z.string(),
      email: z.string().nullable(),
      outcome: z.enum([...outcomes, 'duplicate', 'malformed']),
    }),
  ),
});
export type InvitedList = z.infer<typeof invitedList>;
export type LineOutcome = InvitedList['lines'][number]['outcome'];

/** An open invitation in the list. Times are ISO 8601 in UTC. */
export const invitationRow = z.object({
  id: z.uuid(),
  email: z.string(),
  role: z.enum(roles),
  /** Who sent it last; null when they are gone, or it was a key or the system. */
  invitedBy: z.string().nullable(),
  sentAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  expired: z.boolean(),
});
export type InvitationRow = z.infer<typeof invitationRow>;

export const invitationInput = z.object({ id: z.uuid('expected the id of an invitation') });
export const resentInvitation = z.object({ id: z.uuid(), expiresAt: z.iso.datetime() });
export const revokedInvitation = z.object({ id: z.uuid() });

/** Seats that are taken, by members and by invitations that can still be accepted, and what the plan says of them. */
export type Seats = {
  members: number;
  invited: number;
  used: number;
  planName: string;
  included: number | null;
  limit: number | null;
  /** What another seat costs a month, in integer US cents; null where none can be bought. */
  extra: number | null;
};

/** What the page of members shows beside them. */
export type InvitingState = {
  invitations: InvitationRow[];
  seats: Seats;
  /** Whether the address of who looks is confirmed: who is not sure to be reached invites nobody. */
  isVerified: boolean;
};

/** Somebody of the workspace as the API tells it; `id` is the person's, or the invitation's. Times are ISO 8601 in UTC. */
export const wireTenantUser = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string().nullable(),
  role: z.enum(roles),
  status: z.enum(['active', 'invited']),
  created_at: z.iso.datetime(),
  last_active_at: z.iso.datetime().nullable(),
});
export type WireTenantUser = z.infer<typeof wireTenantUser>;
export const wireTenantUsers = z.object({ users: z.array(wireTenantUser) });
