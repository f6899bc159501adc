import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Mailbox } from '@/components/mail/mailbox';
import { env } from '@/lib/env';
import { listOutbox } from '@/lib/mail/outbox';

export const metadata: Metadata = { title: 'Outbox' };

/** The mailbox of a development machine: embedded mode only. */
export default async function OutboxPage() {
  if (!env().embedded) notFound();
  return <Mailbox mails={await listOutbox()} />;
}
