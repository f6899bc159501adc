import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import { SetupView } from '@/components/setup/setup-view';
import { TraceList } from '@/components/traces/trace-list';
import { can } from '@/lib/auth/authorize';
import { firstKeyCookieName, readFirstKey } from '@/lib/auth/first-key-cookie';
import { urlOf } from '@/lib/gateway/hosts';
import { requireTenant } from '@/lib/tenancy/require-tenant';
import { hasTraces, listModels, listTraces } from '@/lib/traces/queries';
import { setupChoiceSchema, traceFilterSchema } from '@/lib/traces/schema';

export const metadata: Metadata = { title: 'Traces' };

type Props = {
  params: Promise<{ tenant: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export default async function TracesPage({ params, searchParams }: Props) {
  const ctx = await requireTenant(params, 'traces:read');
  const filter = traceFilterSchema.parse(await searchParams);
  const [page, models] = await Promise.all([listTraces(ctx, filter), listModels(ctx)]);
  if (page.traces.length === 0 && !(await hasTraces(ctx))) {
    return (
      <SetupView
        origin={urlOf(ctx.tenant, '')}
        apiKey={await readFirstKey((await cookies()).get(firstKeyCookieName())?.value, ctx.tenant.id)}
        canCreateKey={can(ctx.actor, 'api-keys:create')}
        choice={setupChoiceSchema.parse(await searchParams)}
        latest={null}
        basePath="/traces"
      />
    );
  }
  return <TraceList page={page} filter={filter} models={models} basePath="/traces" />;
}
