import { z } from 'zod';
import { emailSchema, passwordSchema } from '@/lib/auth/schema';

export const requestResetInput = z.object({ email: emailSchema });

export const resetPasswordInput = z.object({ token: z.string().max(200), password: passwordSchema });
export type ResetPassword = z.output<typeof resetPasswordInput>;

/** `password` is the present one, and is left out where none is set. */
export const changePasswordInput = z.object({
  password: z.string().max(200).optional(),
  newPassword: passwordSchema,
});
export type ChangePassword = z.output<typeof changePasswordInput>;

export const nothing = z.object({});
