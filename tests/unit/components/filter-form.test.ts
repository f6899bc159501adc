import { describe, expect, test } from 'vitest';
import { countDrawerFilters, readFilterForm, withoutDrawer } from '@/components/traces/filter-form';

/** The form as a browser sends it, in which empty fields are there as well. */
function read(given: Record<string, string>) {
  const form = new FormData();
  for (const name of ['project', 'user', 'session', 'tag', 'from', 'to', 'min_overall', 'max_overall'])
    form.set(name, '');
  for (const [name, value] of Object.entries(given)) form.set(name, value);
  return readFilterForm(form, (local) => (/^\d{4}-/.test(local) ? `${local}:00.000Z` : undefined));
}

describe('readFilterForm', () => {
  test('takes empty fields, any light and the newest first for no filter', () => {
    expect(read({ light: '', sort: 'newest' })).toEqual({ filter: {} });
  });

  test('reads all that can be set', () => {
    expect(
      read({
        ...{ light: 'red', sort: 'latency', project: ' shop ', user: 'u', session: 's' },
        ...{ tag: 'beta\n\n beta \nsecond tag', from: '2026-01-01T00:00', to: '2026-01-02T00:00' },
        ...{ min_overall: '0', max_overall: '0.5', min_latency_ms: '1500', max_tokens_out: '20' },
      }),
    ).toEqual({
      filter: {
        ...{ light: 'red', sort: 'latency', project: 'shop', user: 'u', session: 's' },
        ...{ tag: ['beta', 'second tag'], from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' },
        ...{ min_overall: 0, max_overall: 0.5, min_latency_ms: 1500, max_tokens_out: 20 },
      },
    });
  });

  test.each([
    [{ min_overall: '0.6', max_overall: '0.5' }, 'overall'],
    [{ max_grounding: '1.5' }, 'grounding'],
    [{ min_latency_ms: '-1' }, 'latency_ms'],
    [{ min_tokens_in: 'many' }, 'tokens_in'],
    [{ from: 'soon' }, 'from'],
    [{ from: '2026-01-02T00:00', to: '2026-01-01T00:00' }, 'from'],
    [{ user: 'u'.repeat(201) }, 'user'],
    [{ tag: Array.from({ length: 21 }, (_, i) => `t${i}`).join('\n') }, 'tag'],
  ])('says what is wrong with %j', (given, name) => {
    const answer = read(given as Record<string, string>);
    expect('errors' in answer && Object.keys(answer.errors)).toEqual([name]);
  });
});

test('the drawer counts what it has set, and clears no more than that', () => {
  const above = { q: 'words', model: 'm', error: 'only' } as const;
  const filter = {
    ...above,
    light: 'red',
    tag: ['a', 'b'],
    min_overall: 0,
    max_overall: 1,
    cursor: 'x',
  } as const;
  expect(countDrawerFilters({ ...filter, tag: [...filter.tag] })).toBe(4);
  expect(countDrawerFilters(above)).toBe(0);
  expect(withoutDrawer({ ...filter, tag: [...filter.tag] })).toEqual(above);
});
