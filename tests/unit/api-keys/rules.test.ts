import { describe, expect, test } from 'vitest';
import { isOver, keyState, pairUp, toShown } from '@/components/api-keys/key-state';
import { ago } from '@/components/data/relative-time';
import { mayActOn, scopesBeyond, scopesToOffer, toExpiry, toSuccessorExpiry } from '@/lib/api-keys/rules';
import { type ApiKeyRow, createApiKeyInput } from '@/lib/api-keys/schema';
import type { Role } from '@/lib/auth/schema';
import type { Actor } from '@/lib/tenancy/context';

const day = 86_400_000;
const now = new Date('2026-03-01T12:00:00.000Z');
const at = (days: number) => new Date(now.getTime() + days * day);

describe('toExpiry', () => {
  test('reads a lifetime or a moment', () => {
    expect(toExpiry('never', now)).toBeNull();
    expect(toExpiry('30d', now)).toEqual(at(30));
    expect(toExpiry('365d', now)).toEqual(at(365));
    expect(toExpiry('2026-04-01T00:00:00.000Z', now)).toEqual(new Date('2026-04-01'));
  });
});

test('toSuccessorExpiry gives the new key the life that the old one was made for', () => {
  expect(toSuccessorExpiry({ createdAt: at(-80), expiresAt: at(10) }, now)).toEqual(at(90));
  expect(toSuccessorExpiry({ createdAt: at(-80), expiresAt: null }, now)).toBeNull();
});

describe('createApiKeyInput', () => {
  const issuesOf = (input: unknown) =>
    createApiKeyInput.safeParse(input).error?.issues.map(({ path, message }) => [path[0], message]) ?? [];

  test('asks for a name, at least one scope, and a day to come', () => {
    expect(issuesOf({ name: 'x' })).toEqual([]);
    expect(issuesOf({ name: ' ', scopes: [] })).toEqual([
      ['name', 'Give the key a name.'],
      ['scopes', 'Choose at least one.'],
    ]);
    expect(issuesOf({ name: 'x', scopes: [] })).toEqual([['scopes', 'Choose at least one.']]);
    for (const expires of ['', '31d', '2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z', '2026-01-01', 30, null])
      expect(issuesOf({ name: 'x', expires }), String(expires)).toEqual([
        ['expires', 'Choose a day from today on, within ten years.'],
      ]);
  });

  test('knows the scopes of secret keys only', () => {
    for (const scope of ['feedback:write', 'constructor', 'ADMIN', '*'])
      expect(issuesOf({ name: 'x', scopes: [scope] })).toHaveLength(1);
    expect(issuesOf({ name: 'x', kind: 'publish', scopes: ['admin'] })).toMatchObject([
      ['scopes', /nothing else/],
    ]);
  });
});

describe('scopes of a role', () => {
  test('are offered as far as the role holds them', () => {
    const offered = (role: Role) => scopesToOffer(role).map(({ scope }) => scope);
    expect(offered('admin')).toEqual([
      'traces:write',
      'traces:read',
      'evaluations:write',
      'usage:read',
      'admin',
    ]);
    expect(offered('analyst')).toEqual(['traces:write', 'traces:read', 'evaluations:write', 'usage:read']);
    expect(offered('viewer')).toEqual(['traces:read']);
    expect(scopesBeyond('viewer', ['traces:read', 'admin', 'no-such-scope', 'feedback:write'])).toEqual([
      'admin',
      'feedback:write',
    ]);
  });
});

describe('mayActOn', () => {
  const person = (role: Role): Actor => ({ kind: 'user', userId: 'u', email: '', name: '', role });
  const key = (scopes: string[], creatorRole: Role | null): Actor => ({
    kind: 'api-key',
    keyId: 'k',
    scopes,
    creatorRole,
  });
  const [own, other, service] = [
    { createdBy: 'u', isService: false },
    { createdBy: 'v', isService: false },
    { createdBy: 'u', isService: true },
  ];

  test.each<[string, Actor, boolean[]]>([
    ['an admin', person('admin'), [true, true, true]],
    ['an analyst', person('analyst'), [true, false, false]],
    ['a viewer', person('viewer'), [false, false, false]],
    ['a key that may do everything', key(['admin'], null), [true, true, true]],
    ['such a key of an analyst', key(['admin'], 'analyst'), [false, false, false]],
    ['a key that sends traces', key(['traces:write'], null), [false, false, false]],
  ])('for %s', (_, actor, expected) => {
    expect([own, other, service].map((one) => mayActOn(actor, one))).toEqual(expected);
  });
});

describe('a key in the list', () => {
  const row = (given: Partial<ApiKeyRow> = {}): ApiKeyRow => ({
    id: 'a',
    name: 'x',
    kind: 'secret',
    scopes: ['traces:write'],
    isService: false,
    createdAt: at(-1).toISOString(),
    createdBy: 'Ada',
    creatorRole: 'admin',
    expiresAt: null,
    revokedAt: null,
    replacedBy: null,
    replaces: null,
    lastUsedAt: null,
    lastUsedIp: null,
    mayAct: true,
    ...given,
  });
  const iso = (days: number) => at(days).toISOString();

  test.each<[string, Partial<ApiKeyRow>, boolean]>([
    ['active', {}, false],
    ['active', { expiresAt: iso(14.01) }, false],
    ['ending', { expiresAt: iso(14) }, false],
    ['expired', { expiresAt: iso(0) }, false],
    ['expired', { expiresAt: iso(-1), replacedBy: 'b' }, true],
    ['replaced', { expiresAt: iso(1), replacedBy: 'b' }, false],
    ['stopped', { creatorRole: null }, false],
    ['active', { creatorRole: null, isService: true }, false],
    ['revoked', { revokedAt: iso(-1), expiresAt: iso(-2), creatorRole: null }, true],
  ])('is %s with %j', (state, given, over) => {
    expect(keyState(row(given), now)).toBe(state);
    expect(isOver(toShown(row(given), now))).toBe(over);
  });

  test('is bounded where its creator holds less than its scopes, unless it is a service key', () => {
    const bounded = (given: Partial<ApiKeyRow>) =>
      toShown(row({ scopes: ['admin'], ...given }), now).isBounded;
    expect(bounded({})).toBe(false);
    expect(bounded({ creatorRole: 'analyst' })).toBe(true);
    expect(bounded({ creatorRole: 'analyst', isService: true })).toBe(false);
  });

  test('stands right above the one that it took the place of', () => {
    const ids = (rows: Partial<ApiKeyRow>[]) =>
      pairUp(rows.map((one) => toShown(row(one), now))).map(({ id }) => id);
    expect(
      ids([
        { id: 'c', replaces: 'a' },
        { id: 'b' },
        { id: 'a', replacedBy: 'c', replaces: 'z' },
        { id: 'd', replacedBy: 'gone' },
      ]),
    ).toEqual(['c', 'a', 'b', 'd']);
    expect(
      ids([
        { id: 'c', replaces: 'b' },
        { id: 'b', replaces: 'a', replacedBy: 'c' },
        { id: 'x' },
        { id: 'a', replacedBy: 'b' },
      ]),
    ).toEqual(['c', 'b', 'a', 'x']);
  });
});

test.each([
  [0, 'just now'],
  [-5_000, 'just now'],
  [59_999, 'just now'],
  [60_000, '1 minute ago'],
  [3 * 60_000, '3 minutes ago'],
  [3_600_000, '1 hour ago'],
  [day, '1 day ago'],
  [29.9 * day, '29 days ago'],
  [30 * day, null],
])('%d ms ago reads %s', (age, words) => {
  expect(ago(now.getTime() - age, now.getTime())).toBe(words);
});
