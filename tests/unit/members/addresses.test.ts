import { describe, expect, test } from 'vitest';
import { entitlementsOf, plans } from '@/lib/plans/plans';
import { isFull, parseAddresses, planInvitations } from '@/lib/workflows/invitations/rules';
import { inviteListInput } from '@/lib/workflows/invitations/schema';

const emails = (list: string) => parseAddresses(list).map(({ email, issue }) => issue ?? email);

describe('parseAddresses', () => {
  test.each([
    ['a@x.example', ['a@x.example']],
    ['a@x.example\nb@x.example\r\nc@x.example', ['a@x.example', 'b@x.example', 'c@x.example']],
    ['a@x.example, b@x.example; c@x.example', ['a@x.example', 'b@x.example', 'c@x.example']],
    ['a@x.example b@x.example\tc@x.example', ['a@x.example', 'b@x.example', 'c@x.example']],
    ['Ada Okafor <Ada@X.example>', ['ada@x.example']],
    ['"Okafor, Ada" <ada@x.example>, ben@x.example', ['ada@x.example', 'ben@x.example']],
    ['"never closed <a@x.example>\nb@x.example', ['a@x.example', 'b@x.example']],
    ['\n , ;\n\n', []],
    ['a@x.example, A@X.EXAMPLE', ['a@x.example', 'duplicate']],
    ['Ada <ada@x.example>; ada@x.example', ['ada@x.example', 'duplicate']],
    [
      'ada, a@b, @x.example, <>, a@x.example',
      ['malformed', 'malformed', 'malformed', 'malformed', 'a@x.example'],
    ],
    ['a\u0000b@x.example, \ud800@x.example, a@x.example\u200b', ['malformed', 'malformed', 'malformed']],
  ])('of %j are %j', (list, expected) => expect(emails(list)).toEqual(expected));

  test('keep the text that was not understood', () => {
    expect(parseAddresses('who is this, a@x.example')).toMatchObject([
      { text: 'who is this', email: null, issue: 'malformed' },
      { email: 'a@x.example', issue: null },
    ]);
  });

  test('are found in a long line in no time', () => {
    const started = performance.now();
    parseAddresses('<'.repeat(25_000));
    parseAddresses(`${'a '.repeat(12_000)}@`);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('inviteListInput', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `p${i}@x.example`).join('\n');

  test('takes a hundred addresses and no more', () => {
    expect(inviteListInput.safeParse({ list: many(100), role: 'viewer' }).success).toBe(true);
    const tooMany = inviteListInput.safeParse({ list: many(101), role: 'viewer' });
    expect(tooMany.error?.issues).toMatchObject([
      { path: ['list'], message: expect.stringContaining('101') },
    ]);
  });

  test.each(['', ' \n,;', 'x'.repeat(25_001)])('refuses %j', (list) => {
    expect(inviteListInput.safeParse({ list, role: 'viewer' }).error?.issues[0]?.path).toEqual(['list']);
  });

  test('refuses a role that there is not', () => {
    expect(inviteListInput.safeParse({ list: 'a@x.example', role: 'owner' }).success).toBe(false);
  });
});

describe('planInvitations', () => {
  const facts = { members: new Set(['m@x']), invited: new Set(['i@x']), seats: { used: 1, limit: 3 } };

  test('gives the seats that are left to the first who need one', () => {
    expect([...planInvitations(['m@x', 'a@x', 'i@x', 'b@x', 'c@x'], facts)]).toEqual([
      ['m@x', 'member'],
      ['a@x', 'invited'],
      ['i@x', 'already_invited'],
      ['b@x', 'invited'],
      ['c@x', 'no_seat'],
    ]);
  });

  test('invites everybody where there is no limit', () => {
    const unlimited = { ...facts, seats: { used: 900, limit: null } };
    expect(planInvitations(['a@x'], unlimited).get('a@x')).toBe('invited');
    expect(isFull(unlimited.seats)).toBe(false);
    expect(isFull({ used: 4, limit: 3 })).toBe(true);
  });
});

describe('entitlementsOf', () => {
  test('stops at the included seats where a plan sells no more', () => {
    expect(entitlementsOf('starter', { confirmed: true }).seats).toEqual({
      included: 3,
      limit: 3,
      extra: null,
    });
    expect(entitlementsOf('pro', { confirmed: true }).seats).toMatchObject({ included: 5, limit: null });
    expect(entitlementsOf('enterprise', { confirmed: true }).seats).toMatchObject({
      included: null,
      limit: null,
    });
  });

  test('allows an unconfirmed workspace, and one of a plan nobody knows, what Starter allows', () => {
    const starter = entitlementsOf('starter', { confirmed: true });
    for (const plan of Object.keys(plans))
      expect(entitlementsOf(plan, { confirmed: false })).toEqual(starter);
    for (const plan of ['gold', '', 'toString'])
      expect(entitlementsOf(plan, { confirmed: true })).toEqual(starter);
  });
});
