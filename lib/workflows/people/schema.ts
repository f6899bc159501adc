import { z } from 'zod';
import { reasonSchema } from '@/lib/platform/schema';
import { toStorable } from '@/lib/text';

/** People that a search shows. */
export const PEOPLE_SHOWN = 50;

const words = z.string().overwrite(toStorable).trim().max(200, 'expected at most 200 characters');
export const peopleSearch = z.object({ q: words.optional().catch(undefined) });
export const peopleQuery = z.object({
  q: words.optional().describe('Text in the name or the e-mail address, or the person’s id.'),
});
export const personParams = z.object({ userId: z.uuid() });

const moment = z.iso.datetime();

/** A person as a search shows them. Times are ISO 8601 in UTC. */
export const personRow = z.object({
  user_id: z.uuid(),
  name: z.string(),
  email: z.string(),
  is_confirmed: z.boolean(),
  is_operator: z.boolean(),
  is_disabled: z.boolean(),
  tenants: z.number(),
  created_at: moment,
  last_seen_at: moment.nullable(),
});
export type PersonRow = z.infer<typeof personRow>;
export const personList = z.object({ people: z.array(personRow) });

/** A person with the tenants they belong to and the sessions that are open. */
export const personDetail = personRow.omit({ tenants: true }).extend({
  disabled_at: moment.nullable(),
  has_second_factor: z.boolean(),
  tenants: z.array(
    z.object({
      id: z.uuid(),
      slug: z.string(),
      name: z.string(),
      role: z.string(),
      last_active_at: moment.nullable(),
    }),
  ),
  sessions: z.array(
    z.object({
      id: z.uuid(),
      method: z.string().nullable(),
      created_at: moment,
      last_seen_at: moment.nullable(),
      ip: z.string().nullable(),
      user_agent: z.string().nullable(),
    }),
  ),
});
export type PersonDetail = z.infer<typeof personDetail>;

const onPerson = z.object({ userId: z.uuid(), reason: reasonSchema });
export const disableInput = onPerson;
export const enableInput = onPerson;
export const signOutInput = onPerson;
export const resendInput = onPerson;
/** What ended with it. */
export const disabledPerson = z.object({ sessionsEnded: z.number() });
