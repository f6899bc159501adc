import type { ReactNode } from 'react';
import { VerifyEmailBanner } from '@/components/account/verify-email-banner';
import { PaymentBanner } from '@/components/billing/payment-banner';
import type { NavItem } from '@/components/shell/nav-links';
import { TenantShell } from '@/components/shell/tenant-shell';
import { SupportBanner } from '@/components/support/support-banner';
import { QuotaBanner } from '@/components/usage/quota-banner';
import { can } from '@/lib/auth/authorize';
import type { Permission } from '@/lib/auth/permissions';
import { findPaymentNotice } from '@/lib/billing/queries';
import { urlOf } from '@/lib/gateway/hosts';
import type { Actor } from '@/lib/tenancy/context';
import { currentTenantSession, requireTenant } from '@/lib/tenancy/require-tenant';
import { findQuotaNotice } from '@/lib/workflows/quotas/queries';

export default async function ConsoleLayout({
  params,
  children,
}: {
  params: Promise<{ tenant: string }>;
  children: ReactNode;
}) {
  const ctx = await requireTenant(params, 'traces:read');
  const { tenant, actor } = ctx;
  const [session, quota, unpaid] = await Promise.all([
    currentTenantSession(tenant.id),
    findQuotaNotice(ctx),
    findPaymentNotice(ctx),
  ]);
  const { support } = actor;
  return (
    <TenantShell
      tenant={tenant}
      viewer={actor}
      role={actor.role}
      nav={navFor(actor)}
      workspacesUrl={urlOf('cloud')}
      accountUrl={urlOf('cloud', '/account')}
      notice={
        <>
          {support && (
            <SupportBanner
              support={support}
              email={actor.email}
              consoleUrl={urlOf('cloud', `/admin/tenants/${tenant.id}`)}
            />
          )}
          {!session?.isEmailVerified && <VerifyEmailBanner email={actor.email} className="mb-4" />}
          {quota && <QuotaBanner notice={quota} canSee={can(actor, 'usage:read')} className="mb-4" />}
          {unpaid && <PaymentBanner notice={unpaid} canPay={can(actor, 'billing:manage')} />}
        </>
      }
    >
      {children}
    </TenantShell>
  );
}

/** The console's pages, as far as the person may open them. */
function navFor(actor: Actor): NavItem[] {
  const settings = 'Settings';
  const all: (NavItem & { permission: Permission })[] = [
    { href: '/overview', label: 'Overview', icon: 'overview', permission: 'traces:read' },
    { href: '/traces', label: 'Traces', icon: 'traces', permission: 'traces:read' },
    { href: '/usage', label: 'Usage', icon: 'charts', permission: 'usage:read' },
    { href: '/setup', label: 'Set up', icon: 'setup', permission: 'traces:read' },
    {
      href: '/settings/members',
      label: 'Members',
      icon: 'members',
      permission: 'members:read',
      group: settings,
    },
    { href: '/settings/roles', label: 'Roles', icon: 'roles', permission: 'roles:read', group: settings },
    {
      href: '/settings/api-keys',
      label: 'API keys',
      icon: 'keys',
      permission: 'api-keys:read',
      group: settings,
    },
    {
      href: '/settings/deliveries',
      label: 'Deliveries',
      icon: 'deliveries',
      permission: 'traces:read',
      group: settings,
    },
    { href: '/settings/limits', label: 'Limits', icon: 'limits', permission: 'usage:read', group: settings },
    {
      href: '/settings/billing',
      label: 'Billing',
      icon: 'billing',
      permission: 'billing:read',
      group: settings,
    },
    { href: '/settings/audit', label: 'Audit log', icon: 'audit', permission: 'audit:read', group: settings },
    {
      href: '/settings/isolation',
      label: 'Isolation',
      icon: 'shield',
      permission: 'isolation:check',
      group: settings,
    },
    {
      href: '/settings/data',
      label: 'Export',
      icon: 'download',
      permission: 'tenant:export',
      group: settings,
    },
    {
      href: '/settings/workspace',
      label: 'Workspace',
      icon: 'settings',
      permission: 'tenant:update',
      group: settings,
    },
  ];
  return all.filter(({ permission }) => can(actor, permission)).map(({ permission: _, ...item }) => item);
}
