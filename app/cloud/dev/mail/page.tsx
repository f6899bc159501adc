import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { Mailbox } from '@/components/mail/mailbox';
import { env } from '@/lib/env';
import { listOutbox } from '@/lib/mail/outbox';
import { outboxSearch } from '@/lib/mail/search';

export const metadata: Metadata = { title: 'Outbox' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** The mailbox of a development machine: embedded mode only. */
export default async function OutboxPage({ searchParams }: Props) {
  if (!env().embedded) notFound();
  const { to } = outboxSearch.parse(await searchParams);
  return <Mailbox mails={await listOutbox({ to })} search={to} />;
}
