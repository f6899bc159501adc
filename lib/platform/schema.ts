import { z } from 'zod';
import { toStorable } from '@/lib/text';

/** Why an operator does something: it stands in the log that whoever is concerned can read. */
export const reasonSchema = z
  .string('Say why.')
  .overwrite(toStorable)
  .trim()
  .min(3, 'Say why, in a few words.')
  .max(500, 'At most 500 characters.');

/** The answer of what has nothing else to tell. */
export const done = z.object({ done: z.literal(true) });
export const DONE = { done: true } as const;
