import { ArrowLeftRightIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Logo } from '@/components/shell/logo';
import { MobileNav } from '@/components/shell/mobile-nav';
import { type NavItem, NavLinks } from '@/components/shell/nav-links';
import { SkipLink } from '@/components/shell/skip-link';
import { UserMenu } from '@/components/shell/user-menu';
import type { Role, Viewer } from '@/lib/auth/schema';

function SwitchWorkspace({ href }: { href: string }) {
  return (
    <a
      href={href}
      className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm text-sidebar-foreground hover:bg-sidebar-accent/60"
    >
      <ArrowLeftRightIcon aria-hidden="true" className="size-4 shrink-0 opacity-80" />
      Switch workspace
    </a>
  );
}

/** The frame of every page of a workspace's console: navigation at the side on wide screens, behind a button on narrow ones. */
export function TenantShell({
  tenant,
  viewer,
  role,
  nav,
  workspacesUrl,
  accountUrl,
  notice,
  children,
}: {
  tenant: { name: string; slug: string };
  viewer: Viewer;
  role: Role;
  nav: NavItem[];
  workspacesUrl: string;
  accountUrl: string;
  /** Stands above every page. */
  notice?: ReactNode;
  children: ReactNode;
}) {
  // Only these two fields travel to the browser, whatever else the caller's object holds.
  const shown: Viewer = { name: viewer.name, email: viewer.email };
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14rem_minmax(0,1fr)]">
      <SkipLink />
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-sidebar-border bg-sidebar lg:flex">
        <div className="flex items-center gap-2.5 px-4 pt-4 pb-5">
          <Logo markOnly className="shrink-0" />
          <div className="min-w-0 leading-tight">
            <p className="truncate text-sm font-semibold">{tenant.name}</p>
            <p className="truncate text-xs text-muted-foreground">{tenant.slug}</p>
          </div>
        </div>
        <div className="flex-1 overflow-y-auto px-2">
          <NavLinks nav={nav} />
        </div>
        <div className="flex flex-col gap-1 border-t border-sidebar-border p-2">
          <SwitchWorkspace href={workspacesUrl} />
          <UserMenu viewer={shown} role={role} accountUrl={accountUrl} />
        </div>
      </aside>
      <header className="sticky top-0 z-30 flex h-13 items-center gap-2 border-b border-sidebar-border bg-sidebar px-2 lg:hidden">
        <MobileNav title={tenant.name} nav={nav}>
          <SwitchWorkspace href={workspacesUrl} />
          <UserMenu viewer={shown} role={role} accountUrl={accountUrl} />
        </MobileNav>
        <Logo markOnly />
        <p className="min-w-0 truncate text-sm font-semibold">{tenant.name}</p>
      </header>
      <main id="main" tabIndex={-1} className="min-w-0 px-4 py-5 outline-none sm:px-6 lg:px-8 lg:py-6">
        <div className="mx-auto max-w-7xl">
          {notice}
          {children}
        </div>
      </main>
    </div>
  );
}
