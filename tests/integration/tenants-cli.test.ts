import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { erasureReceipts } from '@/db/schema/lifecycle';
import { withOwner } from '@/db/tenant';
import { tenantsCommand } from '@/db/tenants-cli';
import { newId } from '@/lib/ids';
import { signReceipt } from '@/lib/workflows/erasure/rules';
import { makeTenant, unique } from '@/tests/support/factories';

describe('tenantsCommand', () => {
  test('shows the receipt of an erased workspace, and tells when it was changed', async () => {
    const id = newId();
    const unsigned = {
      version: 1 as const,
      tenant_id: id,
      slug_hash: 'a'.repeat(64),
      requested_at: '2026-01-01T00:00:00.000Z',
      erased_at: '2026-01-08T00:00:00.000Z',
      row_counts: { traces: 3 },
    };
    const { signature } = signReceipt(unsigned);
    await withOwner((db) =>
      db.insert(erasureReceipts).values({
        tenantId: id,
        slugHash: unsigned.slug_hash,
        requestedAt: new Date(unsigned.requested_at),
        erasedAt: new Date(unsigned.erased_at),
        rowCounts: unsigned.row_counts,
        signature,
      }),
    );
    expect((await tenantsCommand(['receipt', id])).at(-1)).toBe('The signature holds.');
    await withOwner((db) =>
      db
        .update(erasureReceipts)
        .set({ rowCounts: { traces: 2 } })
        .where(eq(erasureReceipts.tenantId, id)),
    );
    await expect(tenantsCommand(['receipt', id])).rejects.toThrow('does NOT hold');
    await expect(tenantsCommand(['receipt', newId()])).rejects.toThrow('was erased here');
  });

  test('makes a workspace and lists it', async () => {
    const slug = `cli-${unique()}`;
    const made = await tenantsCommand([
      'create',
      '--slug',
      slug,
      '--name',
      'From a shell',
      '--admin-email',
      `${slug}@example.com`,
    ]);
    expect(made.join()).toContain(slug);
    expect((await tenantsCommand(['list'])).find((line) => line.startsWith(slug))).toMatch(
      /active .*1 people {2}not checked/,
    );
    await expect(
      tenantsCommand(['create', '--slug', slug, '--name', 'Again', '--admin-email', 'a@example.com']),
    ).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  test('suspends and reactivates, and wants to know why', async () => {
    const { slug } = await makeTenant();
    await expect(tenantsCommand(['suspend', slug])).rejects.toThrow('Say why');
    expect((await tenantsCommand(['suspend', slug, '--reason', 'abuse'])).join()).toContain('suspended');
    expect((await tenantsCommand(['reactivate', slug, '--reason', 'sorted out'])).join()).toContain('active');
  });

  test('runs the isolation check of a workspace', async () => {
    const { slug } = await makeTenant();
    const lines = await tenantsCommand(['check', slug]);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.every((line) => line.startsWith('refused'))).toBe(true);
    expect((await tenantsCommand(['list'])).find((line) => line.startsWith(slug))).toContain('isolation ok');
  });

  test.each([[[]], [['delete', 'x']], [['suspend']], [['list', '--what']]])(
    'tells how it is used when asked %j',
    async (args) => {
      await expect(tenantsCommand(args)).rejects.toThrow('Usage: npm run tenants');
    },
  );

  test('names the workspace that is not there, and the field that is wrong', async () => {
    await expect(tenantsCommand(['check', 'no-such-workspace'])).rejects.toThrow(
      'There is no workspace "no-such-workspace"',
    );
    await expect(
      tenantsCommand(['create', '--slug', 'x', '--name', 'n', '--admin-email', 'nobody']),
    ).rejects.toThrow(/slug: .*\n.*admin_email: /);
  });
});
