import { describe, expect, test } from 'vitest';
import { hashPassword, verifyPassword } from '@/lib/auth/passwords';
import { emailSchema, passwordSchema } from '@/lib/auth/schema';

describe('hashPassword', () => {
  test('makes argon2id with a salt of its own', async () => {
    const [one, other] = await Promise.all([
      hashPassword('grounded-answers'),
      hashPassword('grounded-answers'),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
  });
});

describe('verifyPassword', () => {
  test('knows the right password from a wrong one', async () => {
    const hash = await hashPassword('grounded-answers');
    expect(await verifyPassword('grounded-answers', hash)).toBe(true);
    expect(await verifyPassword('Grounded-answers', hash)).toBe(false);
    expect(await verifyPassword('', hash)).toBe(false);
  });

  test('fits nobody’s account, not even with the decoy’s own password', async () => {
    expect(await verifyPassword('the password of nobody', null)).toBe(false);
    expect(await verifyPassword('', null)).toBe(false);
  });
});

describe('emailSchema', () => {
  test('compares addresses without regard to case and blanks', () => {
    expect(emailSchema.parse('  Ada@Example.COM ')).toBe('ada@example.com');
  });

  test.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'a da@example.com',
    'ada@example.com\u0000',
    `${'a'.repeat(250)}@b.co`,
  ])('refuses %j', (address) => expect(emailSchema.safeParse(address).success).toBe(false));
});

describe('passwordSchema', () => {
  test('takes 10 to 200 characters of any kind', () => {
    expect(passwordSchema.safeParse('123456789').success).toBe(false);
    expect(passwordSchema.safeParse('          ').success).toBe(true);
    expect(passwordSchema.safeParse('x'.repeat(200)).success).toBe(true);
    expect(passwordSchema.safeParse('x'.repeat(201)).success).toBe(false);
  });
});
