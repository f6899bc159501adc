import { describe, expect, test } from 'vitest';
import {
  describeSource,
  FieldReader,
  parseLegacyJson,
  parseLegacyTime,
  parseSourceAddress,
  sourceId,
} from '@/lib/workflows/legacy-source/rules';
import { toChunks, toLight, toMetadata, toPrompts, toScores } from '@/lib/workflows/legacy-values/rules';

const read = (field: string, value: string | number | null) => new FieldReader({ [field]: value });

describe('parseSourceAddress', () => {
  test.each([
    ['postgres://u:p@h:1/d', { kind: 'postgres', url: 'postgres://u:p@h:1/d' }],
    ['postgresql+psycopg2://u:p@h/d', { kind: 'postgres', url: 'postgres://u:p@h/d' }],
    [
      'postgresql+asyncpg://u@h/d?sslmode=require',
      { kind: 'postgres', url: 'postgres://u@h/d?sslmode=require' },
    ],
    ['sqlite:///./rag.db', { kind: 'sqlite', path: './rag.db' }],
    ['sqlite+aiosqlite:////var/rag.db', { kind: 'sqlite', path: '/var/rag.db' }],
    ['data/rag.db', { kind: 'sqlite', path: 'data/rag.db' }],
  ])('reads %s', (from, address) => expect(parseSourceAddress(from)).toEqual(address));

  test.each(['mysql://h/d', 'sqlite://', ''])('refuses %j', (from) =>
    expect(() => parseSourceAddress(from)).toThrow(/Expected/),
  );

  test('names a source without its password, the same for every login', () => {
    const [a, b] = ['postgres://u:secret@h/d', 'postgresql+psycopg2://v:other@h:5432/d'].map(
      parseSourceAddress,
    );
    expect(a && describeSource(a)).toBe('postgres://h:5432/d');
    expect(a && sourceId(a)).toBe(b && sourceId(b));
  });
});

describe('parseLegacyTime', () => {
  test.each([
    ['2024-05-06 07:08:09.123456', '2024-05-06T07:08:09.123Z'],
    ['2024-05-06T07:08:09', '2024-05-06T07:08:09.000Z'],
    ['2024-05-06 07:08:09.5+00', '2024-05-06T07:08:09.500Z'],
    ['2024-05-06 09:08:09+02:00', '2024-05-06T07:08:09.000Z'],
    ['2024-05-06', '2024-05-06T00:00:00.000Z'],
    ['1714979289.5', '2024-05-06T07:08:09.500Z'],
    [1714979289.5, '2024-05-06T07:08:09.500Z'],
    [1714979289500, '2024-05-06T07:08:09.500Z'],
  ])('reads %j', (value, iso) => expect(parseLegacyTime(value)?.toISOString()).toBe(iso));

  test.each([
    'yesterday',
    'infinity',
    '-infinity',
    '0001-01-01 00:00:00',
    '10000-01-01',
    '44-03-15 BC',
    -1,
    Number.NaN,
  ])('refuses %j', (value) => expect(parseLegacyTime(value)).toBeNull());
});

describe('parseLegacyJson', () => {
  test('takes what Python writes for numbers that JSON does not know', () => {
    expect(parseLegacyJson('[NaN, -Infinity, {"a": Infinity, "b": "NaN and \\"Infinity\\""}]')).toEqual({
      value: [null, null, { a: null, b: 'NaN and "Infinity"' }],
      altered: ['NaN or Infinity became null'],
    });
  });

  test('replaces what PostgreSQL cannot store', () => {
    expect(parseLegacyJson('{"a\\u0000": "\\ud800", "n": 1e999, "__proto__": 1}')).toEqual({
      value: { 'a\uFFFD': '\uFFFD', n: null },
      altered: [
        'characters that cannot be stored became U+FFFD',
        'a number out of range became null',
        'the key __proto__ was dropped',
      ],
    });
  });

  test('unpacks JSON that was encoded twice, and leaves other texts', () => {
    expect(parseLegacyJson('"[\\"a\\"]"').value).toEqual(['a']);
    expect(parseLegacyJson('"[not json"').value).toBe('[not json');
  });

  test.each(['{', "{'a': 1}", '[1,]', 'None', 'text', `"${'x'.repeat(100_000)}`, '"\\'])(
    'refuses %.20s',
    (text) => expect(() => parseLegacyJson(text)).toThrow('is not JSON'),
  );

  test('refuses what is nested too deeply', () => {
    expect(() => parseLegacyJson('['.repeat(70) + ']'.repeat(70))).toThrow(/nested/);
  });
});

describe('FieldReader', () => {
  test('takes numbers within bounds and says why it takes no other', () => {
    const from = new FieldReader({ a: '12', b: 'NaN', c: 1.5, d: -1, e: '1e999', f: ' ', g: -0, h: 3e9 });
    const integer = { integer: true, min: 0, max: 2_147_483_647 };
    expect(from.number('a', integer)).toBe(12);
    for (const field of ['b', 'c', 'd', 'e', 'h']) expect(from.number(field, integer)).toBeUndefined();
    expect([from.number('f'), from.number('missing'), Object.is(from.number('g'), 0)]).toEqual([
      undefined,
      undefined,
      true,
    ]);
    expect(from.notes.map(({ field, reason }) => [field, reason])).toEqual([
      ['b', 'is not a finite number'],
      ['c', 'is not an integer'],
      ['d', 'is below 0'],
      ['e', 'is not a finite number'],
      ['h', 'is above 2147483647'],
    ]);
  });

  test('takes text without NUL, cut where it is too long', () => {
    const from = new FieldReader({ a: 'x\u0000y', b: 'longer', c: '', d: null });
    expect([from.text('a'), from.text('b', 4), from.text('c'), from.text('d')]).toEqual([
      'x\uFFFDy',
      'long',
      undefined,
      undefined,
    ]);
    expect(from.notes.map(({ outcome }) => outcome)).toEqual(['field altered', 'field altered']);
  });
});

describe('toChunks', () => {
  test('takes texts, objects under the names in use, and keeps what else they say', () => {
    const json = JSON.stringify([
      'plain',
      { text: 't', source: 's', score: 0.5, metadata: { page: 1 }, doc_id: 'd' },
      { content: 'c', score: null, metadata: null },
      { page_content: 'p', source: { url: 'u' } },
      { id: 7 },
      3,
    ]);
    expect(toChunks(read('retrieved_chunks', json))).toEqual([
      { text: 'plain' },
      { text: 't', source: 's', score: 0.5, metadata: { page: 1, doc_id: 'd' } },
      { text: 'c' },
      { text: 'p', metadata: { source: { url: 'u' } } },
      { text: '', metadata: { id: 7 } },
      { text: '3' },
    ]);
  });

  test('takes a single chunk, and a list inside of an object', () => {
    expect(toChunks(read('retrieved_chunks', '{"text": "one"}'))).toEqual([{ text: 'one' }]);
    expect(toChunks(read('retrieved_chunks', '{"documents": ["a", null]}'))).toEqual([
      { text: 'a' },
      { text: '' },
    ]);
    expect(toChunks(read('retrieved_chunks', 'null'))).toBeUndefined();
    expect(toChunks(read('retrieved_chunks', '[]'))).toEqual([]);
  });
});

test('toScores takes numbers, with null where there is none', () => {
  expect(toScores(read('retrieval_scores', '[0.5, NaN, "x", null]'))).toEqual([0.5, null, null, null]);
  expect(toScores(read('retrieval_scores', '{"a": 1}'))).toBeUndefined();
});

test('toPrompts makes a list of texts of whatever it finds', () => {
  expect(toPrompts(read('prompts', '["a", {"role": "user", "content": "b"}]'))).toEqual([
    'a',
    '{"role":"user","content":"b"}',
  ]);
  expect(toPrompts(read('prompts', '{"system": "a", "user": "b"}'))).toEqual(['system: a', 'user: b']);
  expect(toPrompts(read('prompts', '"a"'))).toEqual(['a']);
});

test('toMetadata keeps what is no object under value', () => {
  expect(toMetadata(read('m', '{"a": 1}'), 'm')).toEqual({ a: 1 });
  expect(toMetadata(read('m', '[1]'), 'm')).toEqual({ value: [1] });
});

test.each([
  ['GREEN', 'green'],
  ['TrafficLight.RED', 'red'],
  [' Yellow ', 'amber'],
  ['amber', 'amber'],
  ['purple', undefined],
  ['constructor', undefined],
])('toLight reads %j', (value, light) => expect(toLight(read('traffic_light', value))).toBe(light));
