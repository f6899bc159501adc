import { z } from 'zod';

/** Six digits of an authenticator, or a recovery code, as people type them. */
const codeSchema = z.string().trim().min(1, 'Type the code.').max(40, 'This is not a code.');

/** `password` is left out where none is set. */
export const beginInput = z.object({ password: z.string().max(200).optional() });
/** A secret to be taken up by an authenticator: as text in base32, and as a picture (a data address) of its QR code. */
export const begun = z.object({ secret: z.string(), qrCode: z.string() });
export type Begun = z.infer<typeof begun>;

export const codeInput = z.object({ code: codeSchema });

/** Shown once: the database keeps no more than their hashes. */
export const freshRecoveryCodes = z.object({ codes: z.array(z.string()) });

export const nothing = z.object({});
