import { z } from 'zod';

/** What the development mailbox reads from the address bar; what cannot be searched for is no search. */
export const outboxSearch = z.object({
  to: z
    .string()
    .trim()
    .max(320)
    .refine((text) => !text.includes('\u0000'))
    .catch(''),
});
