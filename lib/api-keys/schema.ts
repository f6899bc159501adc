import { z } from 'zod';
import { roles } from '@/lib/auth/schema';
import type { Scope } from '@/lib/auth/scopes';
import { toStorable } from '@/lib/text';

/** `publish` keys may stand in a web page: all they do is send feedback. */
export const apiKeyKinds = ['secret', 'publish'] as const;

/** The scopes that a secret key may be given, in the order in which they are shown. */
export const secretScopes = [
  'traces:write',
  'traces:read',
  'evaluations:write',
  'usage:read',
  'admin',
] as const satisfies readonly Scope[];

/** What a secret key is given when nothing else is asked for. */
export const usualScopes: readonly (typeof secretScopes)[number][] = ['traces:write', 'traces:read'];

/** How long a key may live, where no date is named. */
export const lifetimes = { never: null, '30d': 30, '90d': 90, '365d': 365 } as const;
export type Lifetime = keyof typeof lifetimes;

/** A key that ends within so many days is shown as one that ends soon. */
export const SOON_DAYS = 14;

/** The latest date to which a key may live, in days from its making. */
const MAX_DAYS = 3_650;
const DAY_MS = 86_400_000;

/** How long a key goes on working once another was made in its place, in seconds. */
export const overlaps = { now: 0, '1h': 3_600, '24h': 86_400, '7d': 604_800 } as const;
export type Overlap = keyof typeof overlaps;
const overlapNames = Object.keys(overlaps) as [Overlap, ...Overlap[]];

const keyName = z
  .string()
  .overwrite(toStorable)
  .trim()
  .min(1, 'Give the key a name.')
  .max(80, 'At most 80 characters.');

const EXPIRY_EXPECTED = 'Choose a day from today on, within ten years.';
const expiry = z
  .string(EXPIRY_EXPECTED)
  .refine((text) => Object.hasOwn(lifetimes, text) || isMomentToCome(text), EXPIRY_EXPECTED);

function isMomentToCome(text: string): boolean {
  const left = z.iso.datetime().safeParse(text).success ? Date.parse(text) - Date.now() : 0;
  return left > 0 && left < MAX_DAYS * DAY_MS;
}

/**
 * What is wished of a new key. `expires` is a lifetime or the moment at which the key ends (ISO 8601, UTC). `service`
 * makes it the workspace's own: it outlives its creator's membership.
 */
export const createApiKeyInput = z
  .object({
    name: keyName,
    kind: z.enum(apiKeyKinds).default('secret'),
    scopes: z.array(z.enum(secretScopes, 'There is no such scope.')).max(20).optional(),
    expires: expiry.default('never'),
    service: z.boolean().default(false),
  })
  .refine((key) => key.kind === 'publish' || key.scopes === undefined || key.scopes.length > 0, {
    path: ['scopes'],
    message: 'Choose at least one.',
  })
  .refine((key) => key.kind === 'secret' || !key.scopes?.length, {
    path: ['scopes'],
    message: 'A publish key sends feedback, and can be given nothing else.',
  });
export type CreateApiKeyInput = z.input<typeof createApiKeyInput>;

/** The answer to a creation or a rotation: the only time the key itself is shown. */
export const createdApiKey = z.object({
  id: z.uuid(),
  name: z.string(),
  kind: z.enum(apiKeyKinds),
  scopes: z.array(z.string()),
  key: z.string(),
});
export type CreatedApiKey = z.infer<typeof createdApiKey>;

/** A key in the list: never its secret. Times are ISO 8601 in UTC. */
export const apiKeyRow = z.object({
  id: z.uuid(),
  name: z.string(),
  kind: z.enum(apiKeyKinds),
  scopes: z.array(z.string()),
  isService: z.boolean(),
  createdAt: z.iso.datetime(),
  /** Who made it; null when the system did, or the account is gone. */
  createdBy: z.string().nullable(),
  /** The role that its creator has now, which bounds the key; null when they are no member. */
  creatorRole: z.enum(roles).nullable(),
  expiresAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
  /** The key made in this one's place, and the one in whose place this one was made, by id. */
  replacedBy: z.uuid().nullable(),
  replaces: z.uuid().nullable(),
  /** To the minute. */
  lastUsedAt: z.iso.datetime().nullable(),
  lastUsedIp: z.string().nullable(),
  /** Whether who asks may rename, rotate and revoke it. */
  mayAct: z.boolean(),
});
export type ApiKeyRow = z.infer<typeof apiKeyRow>;

const keyId = z.uuid('expected the id of a key');

export const renameApiKeyInput = z.object({ id: keyId, name: keyName });
export type RenameApiKeyInput = z.input<typeof renameApiKeyInput>;
export const renamedApiKey = z.object({ id: z.uuid(), name: z.string() });

export const rotateApiKeyInput = z.object({
  id: keyId,
  overlap: z.enum(overlapNames, 'Choose how long the old key goes on working.'),
});
export type RotateApiKeyInput = z.input<typeof rotateApiKeyInput>;

export const revokeApiKeyInput = z.object({ id: keyId });

/** Requests a second that a key may make at most; null takes the cap away. */
export const setApiKeyRateInput = z.object({
  id: keyId,
  perSecond: z
    .number('Use a whole number from 1, or leave it empty for no limit.')
    .int('Use a whole number.')
    .min(1, 'Use at least 1, or leave it empty for no limit.')
    .max(100_000, 'Use at most 100,000.')
    .nullable(),
});
export type SetApiKeyRateInput = z.input<typeof setApiKeyRateInput>;
export const apiKeyRate = z.object({ id: z.uuid(), perSecond: z.number().nullable() });
export const revokedApiKey = z.object({ id: z.uuid() });

export const setServiceInput = z.object({ id: keyId, service: z.boolean() });
export type SetServiceInput = z.input<typeof setServiceInput>;
export const serviceKey = z.object({ id: z.uuid(), service: z.boolean() });

/** The predecessor's key, as the workspace `default` is told of it. The time is ISO 8601 in UTC, to the minute. */
export type LegacyKey = { lastUsedAt: string | null; lastUsedIp: string | null };
