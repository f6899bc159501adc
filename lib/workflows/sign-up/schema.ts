import { z } from 'zod';
import { emailSchema, passwordSchema, personNameSchema } from '@/lib/auth/schema';
import { slugSchema, tenantNameSchema } from '@/lib/tenants/schema';

/** What a person gives to get a workspace of their own. */
export const signUpInput = z.object({
  name: personNameSchema,
  email: emailSchema,
  password: passwordSchema,
  tenantName: tenantNameSchema,
  slug: slugSchema,
});
export type SignUpInput = z.input<typeof signUpInput>;
export type SignUp = z.output<typeof signUpInput>;

/** Where the browser goes next: the new tenant's console, on its own host. */
export const signUpResult = z.object({ consoleUrl: z.url() });
export type SignUpResult = z.infer<typeof signUpResult>;

export const slugCheckInput = z.object({ slug: z.string().max(100) });
export const slugCheckResult = z.object({ available: z.boolean(), reason: z.string().nullable() });
export type SlugCheck = z.infer<typeof slugCheckResult>;
