'use client';

import {
  ActivityIcon,
  Building2Icon,
  ChartColumnIcon,
  CreditCardIcon,
  DownloadIcon,
  FingerprintIcon,
  FunnelIcon,
  GaugeIcon,
  HistoryIcon,
  KeyRoundIcon,
  ListTodoIcon,
  type LucideIcon,
  PackageCheckIcon,
  PlugIcon,
  ScrollTextIcon,
  SettingsIcon,
  ShieldCheckIcon,
  UsersIcon,
} from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useState } from 'react';

const icons = {
  overview: GaugeIcon,
  traces: ScrollTextIcon,
  charts: ChartColumnIcon,
  keys: KeyRoundIcon,
  members: UsersIcon,
  billing: CreditCardIcon,
  download: DownloadIcon,
  settings: SettingsIcon,
  shield: ShieldCheckIcon,
  roles: FingerprintIcon,
  audit: HistoryIcon,
  limits: FunnelIcon,
  deliveries: PackageCheckIcon,
  setup: PlugIcon,
  health: ActivityIcon,
  tenants: Building2Icon,
  jobs: ListTodoIcon,
} satisfies Record<string, LucideIcon>;

/** One entry of the console's navigation. The icon is a name, because a server component cannot hand over a function. */
export type NavItem = {
  href: string;
  label: string;
  icon?: keyof typeof icons;
  /** The heading below which it stands; none at the top. Entries of a group follow each other. */
  group?: string;
};

/**
 * A console's navigation; the entry that holds the current page is marked. `label` says whose it is; `onNavigate` closes
 * the phone's menu.
 */
export function NavLinks({
  nav,
  label = 'Workspace',
  onNavigate,
}: {
  nav: NavItem[];
  label?: string;
  onNavigate?: () => void;
}) {
  const pathname = usePathname();
  const current = nav
    .filter(
      ({ href }) =>
        pathname === href || (href !== '/' && href !== '/admin' && pathname.startsWith(`${href}/`)),
    )
    .sort((a, b) => b.href.length - a.href.length)[0];

  return (
    <nav aria-label={label} className="flex flex-col gap-4">
      {groupsOf(nav).map(({ group, items }) => (
        <div key={group}>
          {group && <p className="px-2.5 pb-1 text-xs font-medium text-muted-foreground">{group}</p>}
          <ul className="flex flex-col gap-0.5" aria-label={group || undefined}>
            {items.map((item) => (
              <li key={item.href}>
                <NavLink item={item} current={item === current} onNavigate={onNavigate} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** The entries by their groups, in the order in which groups first occur. */
function groupsOf(nav: readonly NavItem[]): { group: string; items: NavItem[] }[] {
  const groups: { group: string; items: NavItem[] }[] = [];
  for (const item of nav) {
    const known = groups.find(({ group }) => group === (item.group ?? ''));
    if (known) known.items.push(item);
    else groups.push({ group: item.group ?? '', items: [item] });
  }
  return groups;
}

// Fetched ahead only once somebody reaches for it: pages that refresh themselves would fetch every link again each time.
function NavLink({
  item,
  current,
  onNavigate,
}: {
  item: NavItem;
  current: boolean;
  onNavigate: (() => void) | undefined;
}) {
  const [wanted, setWanted] = useState(false);
  const Icon = item.icon && icons[item.icon];
  return (
    <Link
      href={item.href}
      prefetch={wanted ? null : false}
      onMouseEnter={() => setWanted(true)}
      onFocus={() => setWanted(true)}
      onClick={onNavigate}
      aria-current={current ? 'page' : undefined}
      className="flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm text-sidebar-foreground transition-colors hover:bg-sidebar-accent/60 aria-[current=page]:bg-sidebar-accent aria-[current=page]:font-medium aria-[current=page]:text-sidebar-accent-foreground"
    >
      {Icon && <Icon aria-hidden="true" className="size-4 shrink-0 opacity-80" />}
      {item.label}
    </Link>
  );
}
