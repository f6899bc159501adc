import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeForm, type FormValue } from '@/lib/billing/sandbox/form';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('decodeForm', () => {
  test('reads groups and lists as the SDK writes them', () => {
    expect(
      plain(decodeForm('a=1&b[c]=2&items[0][price]=p1&items[0][quantity]=3&items[1][price]=p2')),
    ).toEqual({
      a: '1',
      b: { c: '2' },
      items: [{ price: 'p1', quantity: '3' }, { price: 'p2' }],
    });
  });

  test('reads lists without numbers, and keeps the order of those with', () => {
    expect(plain(decodeForm('expand[]=a&expand[]=b'))).toEqual({ expand: ['a', 'b'] });
    expect(plain(decodeForm('x[10]=k&x[2]=b&x[0]=a'))).toEqual({ x: ['a', 'b', 'k'] });
  });

  test('keeps an empty text, which clears', () => {
    expect(plain(decodeForm('metadata[a]=&name='))).toEqual({ metadata: { a: '' }, name: '' });
  });

  test('takes a name of the prototype for a name', () => {
    const form = decodeForm('metadata[__proto__]=x&metadata[constructor]=y');
    expect(Object.keys(form.metadata as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  test.each([
    ['a=1&a[b]=2'],
    ['a[b]=2&a=1'],
    ['[a]=1'],
    ['a[b=1'],
    ['a]b[=1'],
    ['a[b]c=1'],
    ['a[b][c][d][e][f][g][h][i][j]=1'],
    [Array.from({ length: 2001 }, (_, i) => `k${i}=v`).join('&')],
  ])('refuses %s', (text) => {
    expect(() => decodeForm(text)).toThrow();
  });

  test('reads back what was written, whatever it is', () => {
    const word = fc.stringMatching(/^[a-z_]{1,8}$/);
    const value: fc.Arbitrary<FormValue> = fc.letrec<{ value: FormValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', maxDepth: 3 },
        fc.string({ maxLength: 12 }),
        fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
        fc.dictionary(word, tie('value'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(word, value, { maxKeys: 4, noNullPrototype: true }), (form) => {
        const text = new URLSearchParams(
          Object.entries(form).flatMap(([key, one]) => write(key, one)),
        ).toString();
        expect(plain(decodeForm(text))).toEqual(form);
      }),
    );
  });
});

function write(name: string, value: FormValue): [string, string][] {
  if (typeof value === 'string') return [[name, value]];
  return Object.entries(value).flatMap(([key, one]) => write(`${name}[${key}]`, one as FormValue));
}
