import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Mails to send. In embedded mode nothing sends them: they are read at /dev/mail. */
export const mailOutbox = pgTable(
  'mail_outbox',
  {
    id: uuid().primaryKey(),
    toAddress: text('to_address').notNull(),
    subject: text().notNull(),
    text: text().notNull(),
    html: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [index('mail_outbox_newest').on(t.createdAt.desc().nullsFirst())],
);
