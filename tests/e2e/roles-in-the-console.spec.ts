import type { Page } from 'playwright/test';
import { type Permission, roleCan } from '@/lib/auth/permissions';
import { type Role, roles } from '@/lib/auth/schema';
import { expect, person, signIn, test, url } from './support';
import { discoverPages } from './surface';

/** What the console offers for a permission: a control of that name, on that page. */
type Control = {
  permission: Permission;
  page: string;
  role: 'button' | 'link';
  name: string | RegExp;
};

const controls: readonly Control[] = [
  { permission: 'api-keys:create', page: '/settings/api-keys', role: 'button', name: 'Create key' },
  // A key of the admin's: on keys of their own analysts may act as well.
  {
    permission: 'api-keys:manage',
    page: '/settings/api-keys',
    role: 'button',
    name: 'Actions for First key',
  },
  { permission: 'members:invite', page: '/settings/members', role: 'button', name: 'Invite people' },
  { permission: 'members:update', page: '/settings/members', role: 'button', name: /^Role of/ },
  { permission: 'members:remove', page: '/settings/members', role: 'button', name: /^Remove/ },
  { permission: 'audit:export', page: '/settings/audit', role: 'button', name: 'Download' },
  { permission: 'isolation:check', page: '/settings/isolation', role: 'button', name: /check/i },
  { permission: 'tenant:export', page: '/settings/data', role: 'link', name: 'Download everything' },
  { permission: 'tenant:update', page: '/settings/workspace', role: 'button', name: 'Save name' },
  { permission: 'tenant:delete', page: '/settings/workspace', role: 'button', name: /^Delete/ },
];

const pages = new Map(
  discoverPages()
    .filter(({ surface }) => surface === 'tenant')
    .map((page) => [page.path, page.permission]),
);

async function enter(page: Page, role: Role): Promise<void> {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person(role));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
}

/** The addresses in the console's navigation, in its order. */
async function navigation(page: Page): Promise<string[]> {
  const links = page.getByRole('navigation', { name: 'Workspace' }).getByRole('link');
  await expect(links.first()).toBeVisible();
  return links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''));
}

test('the admin’s navigation leads to every page of the settings', async ({ page }) => {
  await enter(page, 'admin');
  const shown = await navigation(page);
  const settings = [...pages.keys()].filter((address) => /^\/settings\/[^/[\]]+$/.test(address));
  expect(settings.filter((address) => !shown.includes(address))).toEqual([]);
});

for (const role of roles) {
  test(`the console shows the ${role} what the table allows, and nothing else`, async ({ page }) => {
    await enter(page, role);
    const shown = await navigation(page);
    for (const [address, permission] of pages) {
      if (
        !permission ||
        address.includes('[') ||
        (!shown.includes(address) && !address.startsWith('/settings/'))
      )
        continue;
      expect(shown.includes(address), `${address} (${permission})`).toBe(roleCan(role, permission));
    }
    for (const control of controls) {
      const needed = pages.get(control.page);
      const answer = await page.goto(url('acme-corp', control.page));
      const opens = needed !== undefined && needed !== null && roleCan(role, needed);
      expect(answer?.status(), control.page).toBe(opens ? 200 : 403);
      const found = page.getByRole(control.role, { name: control.name }).filter({ visible: true });
      if (opens && roleCan(role, control.permission)) await expect(found.first()).toBeVisible();
      else {
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expect(found).toHaveCount(0);
      }
    }
  });
}

test('the page of roles marks the reader’s own and shows what each may do', async ({ page }) => {
  await enter(page, 'viewer');
  await page.getByRole('link', { name: 'Roles' }).click();
  await expect(page.getByText('You are viewer.')).toBeVisible();
  const table = page.getByRole('table', { name: 'What each role may do' });
  await expect(table.getByRole('columnheader', { name: /viewer you/ })).toBeVisible();
  const removing = table.getByRole('row', { name: /^Remove people/ });
  await expect(removing).toHaveText(/Remove people\s*yes\s*no\s*no/);
});
