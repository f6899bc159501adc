import { z } from 'zod';
import { passwordSchema, personNameSchema, type Role } from '@/lib/auth/schema';

const token = z.string().max(200);

/** How a signed-in person names the invitation: by the mailed link's token, or by its id where their address is confirmed. */
export const acceptInvitationInput = z.union([z.object({ token }), z.object({ id: z.uuid() })]);
export type AcceptInvitationInput = z.infer<typeof acceptInvitationInput>;

/** What somebody without an account gives beside the mailed link. */
export const joinInput = z.object({ token, name: personNameSchema, password: passwordSchema });
export type JoinInput = z.input<typeof joinInput>;

/** Where the browser goes next: the workspace's console. */
export const joined = z.object({ url: z.url() });

/** An invitation as who was invited sees it. */
export type Invitation = {
  workspace: string;
  host: string;
  role: Role;
  /** Who sent it; null when they are gone, or it was a key or the system. */
  invitedBy: string | null;
  email: string;
  /** Whether the address has an account. Told to nobody but who holds the mailed link, or is that person. */
  hasAccount: boolean;
};

/** What a link leads to. `unusable` covers every reason, `wait` is who has tried too many. */
export type OpenedInvitation =
  | { kind: 'open'; invitation: Invitation }
  | { kind: 'unusable' }
  | { kind: 'wait' };
