import { describe, expect, test } from 'vitest';
import { tenantsCommand } from '@/db/tenants-cli';
import { makeTenant, unique } from '@/tests/support/factories';

describe('tenantsCommand', () => {
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
