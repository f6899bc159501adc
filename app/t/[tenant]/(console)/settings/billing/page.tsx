import type { Metadata } from 'next';
import { BillingView } from '@/components/billing/billing-view';
import { can } from '@/lib/auth/authorize';
import { getBillingPage } from '@/lib/billing-invoices/queries';
import { env } from '@/lib/env';
import { requireTenant } from '@/lib/tenancy/require-tenant';

export const metadata: Metadata = { title: 'Billing' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<{ checkout?: string; portal?: string }>;
};

export default async function BillingSettingsPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'billing:read');
  const { checkout, portal } = await searchParams;
  return (
    <BillingView
      page={await getBillingPage(ctx, { isBack: checkout !== undefined || portal !== undefined })}
      canManage={can(ctx.actor, 'billing:manage')}
      back={checkout === undefined ? null : checkout === 'left' ? 'left' : 'paid'}
      publishableKey={env().stripe?.publishableKey ?? null}
    />
  );
}
