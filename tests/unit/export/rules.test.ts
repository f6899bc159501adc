import { describe, expect, test } from 'vitest';
import { archiveName, archiveReadme, orderTables, partName, titleOf } from '@/lib/workflows/export/rules';
import type { ArchiveManifest } from '@/lib/workflows/export/schema';
import { assertComplete, assertKnown, parseManifest, type Sums, tableOf } from '@/lib/workflows/import/rules';

const hash = (digit: string) => digit.repeat(64);
const sums = (digit: string): Sums => ({ rows: 2, bytes: 20, sha256: hash(digit) });
const manifest: ArchiveManifest = {
  format: 1,
  tenant: { id: '0b9f6c1e-5c57-4f0e-9a53-6f4f0a6f2c11', slug: 'acme', name: 'Acme', plan: 'starter' },
  exported_at: '2026-01-31T12:00:00.000Z',
  app_version: '1.0.0',
  tables: [
    { name: 'memberships', columns: ['user_id'], rows: 0, bytes: 0, sha256: hash('0'), parts: [] },
    {
      name: 'traces',
      columns: ['trace_id'],
      rows: 4,
      bytes: 40,
      sha256: hash('c'),
      parts: [
        { file: 'traces/000001.jsonl', ...sums('a') },
        { file: 'traces/000002.jsonl', ...sums('b') },
      ],
    },
  ],
};
const files = () =>
  new Map([
    ['traces/000001.jsonl', sums('a')],
    ['traces/000002.jsonl', sums('b')],
  ]);
const tables = () => new Map([['traces', { rows: 4, bytes: 40, sha256: hash('c') }]]);

describe('an archive', () => {
  test('is named after the workspace and the day', () => {
    expect(archiveName('acme-corp', new Date('2026-01-31T23:59:59Z'))).toBe('acme-corp-2026-01-31.tar.gz');
  });

  test('holds parts whose names sort in their order and lead back to their table', () => {
    expect(partName('usage_deltas', 12)).toBe('usage_deltas/000012.jsonl');
    expect(tableOf(partName('usage_deltas', 1_234_567))).toBe('usage_deltas');
    for (const name of ['../traces/000001.jsonl', 'traces/1.jsonl', 'traces/000001.json', '/000001.jsonl'])
      expect(tableOf(name)).toBeNull();
  });

  test('holds people first and usage last', () => {
    const table = (name: string, kind: 'data' | 'control') => ({ name, kind });
    const names = orderTables([
      ...[table('usage_deltas', 'control'), table('traces', 'data'), table('audit_log', 'control')],
      ...[table('evaluations', 'data'), table('something', 'control'), table('api_keys', 'control')],
      table('memberships', 'control'),
    ]).map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(['memberships', 'api_keys', 'evaluations', 'traces']);
    expect(names.slice(4)).toEqual(['something', 'audit_log', 'usage_deltas']);
  });

  test('says in its README how to load it and how to see that it is complete', () => {
    const readme = archiveReadme(manifest);
    expect(readme).toContain('npm run tenant:import -- --file');
    expect(readme).toContain('manifest.json');
  });

  test('calls tables what people call them', () => {
    expect(titleOf('api_keys')).toBe('API keys, without their secrets');
    expect(titleOf('some_new_table')).toBe('Some new table');
  });
});

describe('parseManifest', () => {
  test('reads ours', () => {
    expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
  });

  test('refuses another format, and what is no manifest', () => {
    expect(() => parseManifest(JSON.stringify({ ...manifest, format: 2 }))).toThrow(
      'The archive has format 2; this version reads format 1.',
    );
    for (const text of ['', '{', 'null', '[]', '{"format":1}']) expect(() => parseManifest(text)).toThrow();
  });
});

describe('assertComplete', () => {
  test('accepts what the manifest says', () => {
    expect(() => assertComplete(manifest, files(), tables())).not.toThrow();
  });

  test('names what is missing, left over, changed or in another order', () => {
    const check = (change: (found: Map<string, Sums>) => void) => () => {
      const found = files();
      change(found);
      assertComplete(manifest, found, tables());
    };
    expect(check((found) => found.delete('traces/000002.jsonl'))).toThrow('lacks traces/000002.jsonl');
    expect(check((found) => found.set('spans/000001.jsonl', sums('d')))).toThrow('spans/000001.jsonl, which');
    expect(check((found) => found.set('traces/000001.jsonl', sums('d')))).toThrow('wrong checksum');
    expect(
      check((found) => {
        found.delete('traces/000001.jsonl');
        found.set('traces/000001.jsonl', sums('a'));
      }),
    ).toThrow('packed anew');
  });

  test('does not believe a table’s own sums', () => {
    const wrong = new Map([['traces', { rows: 4, bytes: 40, sha256: hash('d') }]]);
    expect(() => assertComplete(manifest, files(), wrong)).toThrow('the table traces has a wrong checksum');
  });
});

describe('assertKnown', () => {
  const known = (columns: string[]) =>
    new Map([
      ['memberships', new Set(['user_id'])],
      ['traces', new Set(columns)],
    ]);

  test('lets a newer installation take an older archive', () => {
    expect(() => assertKnown(manifest, known(['trace_id', 'added_later']))).not.toThrow();
  });

  test('refuses a table or a column that would be lost', () => {
    expect(() => assertKnown(manifest, known(['id']))).toThrow('the column traces.trace_id');
    expect(() => assertKnown(manifest, new Map([['traces', new Set(['trace_id'])]]))).toThrow(
      'the table memberships',
    );
  });
});
