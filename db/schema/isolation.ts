import {
  bigint,
  boolean,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** One probe of the isolation canary: what was tried, and how it was refused. */
export type StoredProbe = { probe: string; refused: boolean; outcome: string };

/** Runs of the isolation canary: reading as this tenant what belongs to the canary tenant, through the real code. */
export const isolationChecks = pgTable(
  'isolation_checks',
  {
    tenantId: uuid('tenant_id').notNull(),
    id: bigint({ mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    at: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** Who asked: `sweep`, or the person's id. */
    askedBy: text('asked_by').notNull(),
    passed: boolean().notNull(),
    probes: jsonb().$type<StoredProbe[]>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('isolation_checks_newest').on(t.tenantId, t.at.desc().nullsFirst()),
  ],
);
