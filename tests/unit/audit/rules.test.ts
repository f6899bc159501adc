import { describe, expect, test } from 'vitest';
import { shortChange } from '@/components/audit/audit-changes';
import { auditDownloadHref, auditHref, isFiltered } from '@/components/audit/audit-href';
import { startOfDay, toDay, toLastDay } from '@/components/audit/day-range';
import { titleOfAction } from '@/lib/audit/actions';
import { decodeCursor, diff, encodeCursor, nameInRow } from '@/lib/workflows/audit-log/rules';

describe('diff', () => {
  test('has each field that differs, and tells "none" from null', () => {
    expect(diff({ role: 'viewer', same: [1], gone: 1 }, { role: 'admin', same: [1], fresh: null })).toEqual([
      { field: 'role', before: 'viewer', after: 'admin' },
      { field: 'gone', before: 1 },
      { field: 'fresh', after: null },
    ]);
    expect(diff(null, { name: 'x' })).toEqual([{ field: 'name', after: 'x' }]);
    expect(diff(null, null)).toEqual([]);
  });
});

describe('nameInRow', () => {
  test.each([
    [{ name: 'old' }, { name: 'new' }, 'new'],
    [{ email: 'a@b.example' }, null, 'a@b.example'],
    [null, { name: 7 }, null],
    [null, null, null],
  ])('of %j and %j is %j', (before, after, name) => expect(nameInRow(before, after)).toBe(name));
});

describe('a cursor', () => {
  test('comes back as it was made', () => {
    const cursor = { at: '2026-11-23T08:15:42.123456Z', id: '42' };
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });

  const of = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test.each([
    undefined,
    '',
    'xx',
    of(null),
    of(['2026-11-23T08:15:42Z', '1']),
    of(['2026-02-31T00:00:00.000000Z', '1']),
    of(['0000-01-01T00:00:00.000000Z', '1']),
    of(['2026-11-23T08:15:42.123456Z', 1]),
    of(['2026-11-23T08:15:42.123456Z', '9'.repeat(19)]),
    of(["2026-11-23T08:15:42.123456Z'; --", '1']),
  ])('that we did not make (%s) is none', (text) => expect(decodeCursor(text)).toBeNull());
});

describe('titleOfAction', () => {
  test('falls back to the action’s own name', () => {
    expect(titleOfAction('member.add')).toBe('Person added');
    expect(titleOfAction('later.thing')).toBe('later.thing');
    expect(titleOfAction('toString')).toBe('toString');
  });
});

describe('shortChange', () => {
  test('is there for one short text that became another', () => {
    expect(shortChange([{ field: 'role', before: 'viewer', after: 'admin' }])).toBe('viewer → admin');
    expect(shortChange([{ field: 'role', after: 'admin' }])).toBeNull();
    expect(shortChange([{ field: 'at', before: '2026-01-01T00:00:00.000Z', after: 'x' }])).toBeNull();
    expect(shortChange([{ field: 'a', before: 'x'.repeat(61), after: 'y' }])).toBeNull();
    expect(shortChange([])).toBeNull();
  });
});

describe('addresses of the log', () => {
  const filter = { actor: 'system', q: 'a&b', cursor: 'c' };

  test('hold the filters, and a download’s no page', () => {
    expect(auditHref('/settings/audit', filter)).toBe('/settings/audit?actor=system&q=a%26b&cursor=c');
    expect(auditHref('/settings/audit', {})).toBe('/settings/audit');
    expect(auditDownloadHref('csv', filter)).toBe('/api/v1/tenant/audit?format=csv&actor=system&q=a%26b');
    expect(isFiltered({ cursor: 'c' })).toBe(false);
    expect(isFiltered(filter)).toBe(true);
  });
});

describe('days', () => {
  test('begin at midnight of the reader, and a range ends with its last day', () => {
    const from = startOfDay('2026-11-23') ?? '';
    const to = startOfDay('2026-11-23', 1) ?? '';
    expect(new Date(to).getTime() - new Date(from).getTime()).toBe(86_400_000);
    expect(toDay(from, 'local')).toBe('2026-11-23');
    expect(toLastDay(to, 'local')).toBe('2026-11-23');
    expect(toDay('2026-11-23T00:00:00.000Z', 'utc')).toBe('2026-11-23');
    expect(toDay(undefined, 'utc')).toBe('');
  });

  test.each(['', '0002-01-01', '9999-01-01', 'x'])('of %j is none', (day) => {
    expect(startOfDay(day)).toBeUndefined();
  });
});
