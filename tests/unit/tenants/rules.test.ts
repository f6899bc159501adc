import { describe, expect, test } from 'vitest';
import { parseHost } from '@/lib/gateway/hosts';
import { isReservedSlug, proposeSlug, reservedSlugs, slugIssue } from '@/lib/tenants/rules';
import { slugSchema, tenantNameSchema } from '@/lib/tenants/schema';

describe('slugIssue', () => {
  test.each(['acme', 'abc', 'acme-corp', 'a-1', 'team42', 'a'.repeat(40), 'test-tenant', 'wwww'])(
    'lets %s be had',
    (slug) => expect(slugIssue(slug)).toBeNull(),
  );

  test.each([
    ['', /at least 3/],
    ['ab', /at least 3/],
    ['a'.repeat(41), /at most 40/i],
    ['Acme', /lower-case/],
    ['acme corp', /lower-case/],
    ['acme_corp', /lower-case/],
    ['acme.corp', /lower-case/],
    ['äcme', /lower-case/],
    ['acme\n', /lower-case/],
    ['acme\u0000', /lower-case/],
    ['аcme', /lower-case/], // the first letter is Cyrillic
    ['1acme', /letter/],
    ['-acme', /letter/],
    ['acme-', /hyphen/i],
    ['acme--corp', /hyphen/i],
    ['www', /reserved/],
    ['cloud', /reserved/],
    ['admin', /reserved/],
    ['api', /reserved/],
    ['default', /reserved/],
    ['t-x', /reserved/],
    ['pg-catalog', /reserved/],
    ['xn-acme', /reserved/],
  ])('says why %j cannot be had', (slug, reason) => {
    expect(slugIssue(slug)).toMatch(reason);
  });

  test('keeps every subdomain that has a meaning of its own from tenants', () => {
    for (const label of ['www', 'cloud']) {
      expect(parseHost(`${label}.ragtoolkit.localhost:3000`).surface).not.toBe('tenant');
      expect(isReservedSlug(label)).toBe(true);
    }
  });

  test('reserves each name once', () => {
    expect(new Set(reservedSlugs).size).toBe(reservedSlugs.length);
  });
});

describe('slugSchema', () => {
  test('trims and lower-cases before it judges', () => {
    expect(slugSchema.parse('  Acme-Corp ')).toBe('acme-corp');
    expect(slugSchema.safeParse(' WWW ').success).toBe(false);
  });
});

describe('tenantNameSchema', () => {
  test('takes 1 to 80 characters', () => {
    expect(tenantNameSchema.parse('  Acme Corp. ')).toBe('Acme Corp.');
    expect(tenantNameSchema.safeParse('   ').success).toBe(false);
    expect(tenantNameSchema.safeParse('x'.repeat(81)).success).toBe(false);
  });
});

describe('proposeSlug', () => {
  test.each([
    ['Acme Corp.', 'acme-corp'],
    ['  Ümläut & Söhne  ', 'umlaut-sohne'],
    ['Crème Brûlée', 'creme-brulee'],
    ['42 Monkeys', 'monkeys'],
    ['a - - b', 'a-b'],
    ['Ａｃｍｅ', 'acme'],
    ['日本語', ''],
    ['123', ''],
    ['', ''],
    [`${'a'.repeat(39)} bcd`, 'a'.repeat(39)],
    ['x'.repeat(100), 'x'.repeat(40)],
  ])('makes of %j %j', (name, slug) => {
    expect(proposeSlug(name)).toBe(slug);
  });

  test('proposes nothing but letters, digits and single hyphens, from any name', () => {
    for (let code = 0; code < 0x3000; code += 7) {
      const slug = proposeSlug(`Team ${String.fromCharCode(code)} ${String.fromCharCode(code + 1)}x`);
      expect(slugIssue(slug)).toBeNull();
    }
  });
});
