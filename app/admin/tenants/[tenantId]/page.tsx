import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { TenantView } from '@/components/operator/tenant-view';
import { AppError } from '@/lib/errors';
import { requireOperator } from '@/lib/tenancy/require-operator';
import { getTenantBilling } from '@/lib/workflows/billing-operations/queries';
import {
  findOwnStay,
  getTenantDetail,
  getTenantRate,
  listTenantAudit,
} from '@/lib/workflows/tenant-operations/queries';

export const metadata: Metadata = { title: 'Tenant' };

export default async function TenantPage({ params }: { params: Promise<{ tenantId: string }> }) {
  const ctx = await requireOperator();
  const { tenantId } = await params;
  const [tenant, rate, audit, stay, billing] = await Promise.all([
    getTenantDetail(ctx, tenantId),
    getTenantRate(ctx, tenantId),
    listTenantAudit(ctx, tenantId),
    findOwnStay(ctx, tenantId),
    getTenantBilling(ctx, tenantId),
  ]).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'not_found') notFound();
    throw error;
  });
  return <TenantView tenant={tenant} rate={rate} audit={audit} stay={stay} billing={billing} />;
}
