import type { Metadata } from 'next';
import { DeliveriesView } from '@/components/deliveries/deliveries-view';
import { can } from '@/lib/auth/authorize';
import { listKeyDeliveries } from '@/lib/deliveries/queries';
import { deliveryFilterSchema } from '@/lib/deliveries/schema';
import { requireTenant } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Deliveries' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function DeliveriesPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'traces:read');
  const { period } = deliveryFilterSchema.parse(await searchParams);
  const keys = await listKeyDeliveries(ctx, period);
  return <DeliveriesView keys={keys} period={period} canSeeKeys={can(ctx.actor, 'api-keys:read')} />;
}
