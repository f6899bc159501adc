import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import { SetupView } from '@/components/setup/setup-view';
import { can } from '@/lib/auth/authorize';
import { firstKeyCookieName, readFirstKey } from '@/lib/auth/first-key-cookie';
import { urlOf } from '@/lib/gateway/hosts';
import { newId } from '@/lib/ids';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { findLatestTrace } from '@/lib/traces/queries';
import { setupChoiceSchema } from '@/lib/traces/schema';

export const metadata: Metadata = { title: 'Set up' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function SetupPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'traces:read');
  return (
    <SetupView
      origin={urlOf(ctx.tenant, '')}
      apiKey={await readFirstKey((await cookies()).get(firstKeyCookieName())?.value, ctx.tenant.id)}
      canCreateKey={can(ctx.actor, 'api-keys:create')}
      traceId={`first-trace-${newId().slice(-6)}`}
      choice={setupChoiceSchema.parse(await searchParams)}
      latest={await findLatestTrace(ctx)}
      basePath="/traces"
    />
  );
}
