import { z } from 'zod';
import { emailSchema } from '@/lib/auth/schema';

/** `password` is left out where none is set. */
export const requestEmailChangeInput = z.object({
  email: emailSchema,
  password: z.string().max(200).optional(),
});
export type RequestEmailChange = z.output<typeof requestEmailChangeInput>;

export const confirmEmailChangeInput = z.object({ token: z.string().max(200) });

export const nothing = z.object({});
