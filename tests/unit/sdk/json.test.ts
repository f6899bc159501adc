import { describe, expect, test } from 'vitest';
import { toJson } from '@/lib/sdk/json';

const parsed = (value: unknown) => JSON.parse(toJson(value));

describe('toJson', () => {
  test('writes what JSON can say as JSON.stringify does', () => {
    const value = {
      ...{ a: [1, null, 'x\ud800', true, undefined, () => 1], b: undefined, c: new Date(0), d: Number.NaN },
      e: { toJSON: () => ({ f: 1 }) },
    };
    expect(toJson(value)).toBe(JSON.stringify(value));
  });

  test('names cycles, and writes what is only shared twice', () => {
    const shared = { x: 1 };
    const value: Record<string, unknown> = { one: shared, two: [shared, shared] };
    value.self = value;
    expect(parsed(value)).toEqual({ one: { x: 1 }, two: [{ x: 1 }, { x: 1 }], self: '[circular]' });
    const own = { toJSON: (): unknown => ({ again: own }) };
    expect(parsed(own)).toEqual({ again: '[circular]' });
  });

  test('keeps BigInts and errors', () => {
    expect(parsed({ a: 12n, b: 2n ** 70n, c: new RangeError('too far') })).toEqual({
      ...{ a: 12, b: '1180591620717411303424', c: 'RangeError: too far' },
    });
  });

  test('loses only what throws', () => {
    const hostile = {
      fine: 1,
      get bad() {
        throw new Error('no');
      },
      json: {
        toJSON() {
          throw new Error('no');
        },
      },
      proxy: new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('no');
          },
        },
      ),
      revoked: (() => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      })(),
    };
    expect(parsed(hostile)).toEqual({
      ...{ fine: 1, bad: '[unreadable]', json: '[unreadable]' },
      ...{ proxy: '[unreadable]', revoked: '[unreadable]' },
    });
  });

  test('ends what never ends', () => {
    const endless = (): unknown => ({
      get next() {
        return endless();
      },
    });
    expect(toJson(endless())).toContain('[too deep]');
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i += 1) deep = [deep];
    expect(toJson(deep)).toContain('[too deep]');
  });
});
