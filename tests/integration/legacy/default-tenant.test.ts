import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { withTenant } from '@/db/tenant';
import { ensureDefaultTenant, readTenant } from '@/lib/workflows/default-tenant/mutations';

test('ensureDefaultTenant makes one tenant, however often and at once it is called', async () => {
  const by = { actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;
  const made = await Promise.all([ensureDefaultTenant(by), ensureDefaultTenant(by), ensureDefaultTenant(by)]);
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  const tenant = await readTenant('default');
  expect(tenant).toMatchObject({ slug: 'default', status: 'active', id: made[0]?.id });
  if (!tenant) return;
  const rows = await withTenant({ tenant }, (db) =>
    db.execute(sql`select action, actor_kind from audit_log where action = 'tenant.create'`),
  );
  expect([...rows]).toEqual([{ action: 'tenant.create', actor_kind: 'system' }]);
});
