import { ArrowLeftRightIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Logo } from '@/components/shell/logo';
import { MobileNav } from '@/components/shell/mobile-nav';
import { type NavItem, NavLinks } from '@/components/shell/nav-links';
import { SkipLink } from '@/components/shell/skip-link';
import { UserMenu } from '@/components/shell/user-menu';
import { Badge } from '@/components/ui/badge';
import type { Viewer } from '@/lib/auth/schema';

const TITLE = 'Operator’s console';

/** The pages of the operator's console, in the order of the navigation. */
const nav: NavItem[] = [
  { href: '/admin', label: 'Health', icon: 'health' },
  { href: '/admin/tenants', label: 'Tenants', icon: 'tenants' },
  { href: '/admin/metering', label: 'Metering', icon: 'charts' },
  { href: '/admin/billing', label: 'Billing', icon: 'billing' },
  { href: '/admin/jobs', label: 'Jobs', icon: 'jobs' },
  { href: '/admin/people', label: 'People', icon: 'members', group: 'Access' },
  { href: '/admin/keys', label: 'Operator keys', icon: 'keys', group: 'Access' },
  { href: '/admin/audit', label: 'Audit log', icon: 'audit', group: 'Access' },
];

/** The frame of every page of the operator's console. It looks another way than a tenant's: nobody mistakes the one for the other. */
export function OperatorShell({
  viewer,
  rootDomain,
  children,
}: {
  viewer: Viewer;
  rootDomain: string;
  children: ReactNode;
}) {
  const shown: Viewer = { name: viewer.name, email: viewer.email };
  const foot = (
    <>
      <a
        href="/"
        className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm text-sidebar-foreground hover:bg-sidebar-accent/60"
      >
        <ArrowLeftRightIcon aria-hidden="true" className="size-4 shrink-0 opacity-80" />
        Your workspaces
      </a>
      <UserMenu viewer={shown} accountUrl="/account" />
    </>
  );
  return (
    <div className="min-h-dvh border-t-4 border-primary lg:grid lg:grid-cols-[14rem_minmax(0,1fr)]">
      <SkipLink />
      <aside className="sticky top-0 hidden h-[calc(100dvh-4px)] flex-col border-r border-sidebar-border bg-sidebar lg:flex">
        <div className="flex items-center gap-2.5 px-4 pt-4 pb-5">
          <Logo markOnly className="shrink-0" />
          <div className="min-w-0 leading-tight">
            <p className="truncate text-sm font-semibold">{TITLE}</p>
            <p className="truncate text-xs text-muted-foreground">{rootDomain}</p>
          </div>
        </div>
        <div className="flex-1 overflow-y-auto px-2">
          <NavLinks nav={nav} label={TITLE} />
        </div>
        <div className="flex flex-col gap-1 border-t border-sidebar-border p-2">{foot}</div>
      </aside>
      <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b border-sidebar-border bg-sidebar px-2 lg:hidden">
        <MobileNav title={TITLE} label={TITLE} nav={nav}>
          {foot}
        </MobileNav>
        <Logo markOnly />
        <p className="min-w-0 truncate text-sm font-semibold">{TITLE}</p>
        <Badge variant="secondary" className="ml-auto max-sm:hidden">
          {rootDomain}
        </Badge>
      </header>
      <main id="main" tabIndex={-1} className="min-w-0 px-4 py-5 outline-none sm:px-6 lg:px-8 lg:py-6">
        <div className="mx-auto max-w-7xl">{children}</div>
      </main>
    </div>
  );
}
