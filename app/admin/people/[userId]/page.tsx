import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { PersonView } from '@/components/operator/person-view';
import { AppError } from '@/lib/errors';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { getPerson } from '@/lib/workflows/people/queries';

export const metadata: Metadata = { title: 'Person' };

export default async function PersonPage({ params }: { params: Promise<{ userId: string }> }) {
  const ctx = await requireOperator();
  const person = await getPerson(ctx, (await params).userId).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  return <PersonView person={person} isOwn={person.user_id === ctx.operator.id} />;
}
