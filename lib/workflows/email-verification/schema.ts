import { z } from 'zod';

/** What a mailed link carries; anything else than a token of ours finds nothing. */
export const tokenInput = z.object({ token: z.string().max(200) });

export const nothing = z.object({});
