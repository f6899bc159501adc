import {
  MAX_TAGS,
  type RangeName,
  type TraceFilter,
  type TraceSort,
  traceFilterSchema,
} from '@/lib/traces/schema';

/** What can be bounded in the drawer, in its order. `most` is the largest that makes sense, `step` what the arrows go by. */
export const rangeFields: readonly {
  name: RangeName;
  label: string;
  unit?: string;
  most?: number;
  step: number;
}[] = [
  { name: 'overall', label: 'Overall score', most: 1, step: 0.05 },
  { name: 'grounding', label: 'Grounding', most: 1, step: 0.05 },
  { name: 'helpfulness', label: 'Helpfulness', most: 1, step: 0.05 },
  { name: 'safety', label: 'Safety', most: 1, step: 0.05 },
  { name: 'latency_ms', label: 'Latency', unit: 'ms', step: 100 },
  { name: 'tokens_in', label: 'Tokens in', step: 100 },
  { name: 'tokens_out', label: 'Tokens out', step: 100 },
];

export const sortLabels = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  latency: 'Slowest first',
  tokens: 'Most tokens first',
  grounding: 'Worst grounding first',
} as const satisfies Record<TraceSort, string>;

/** What the drawer sets: of a filter, the rest stands in the bar above the list. */
export const drawerNames = [
  ...(['light', 'project', 'user', 'session', 'tag', 'from', 'to', 'sort'] as const),
  ...rangeFields.flatMap(({ name }) => [`min_${name}`, `max_${name}`] as const),
] as const satisfies readonly (keyof TraceFilter)[];

/** How many filters the drawer has set: a range or a span of time is one. */
export function countDrawerFilters(filter: TraceFilter): number {
  const isSet = (...names: (keyof TraceFilter)[]) => names.some((name) => filter[name] !== undefined);
  return [
    ...(['light', 'project', 'user', 'session'] as const).map((name) => isSet(name)),
    isSet('from', 'to'),
    ...rangeFields.map(({ name }) => isSet(`min_${name}`, `max_${name}`)),
    ...(filter.tag ?? []).map(() => true),
  ].filter(Boolean).length;
}

/** A filter without what the drawer sets. */
export function withoutDrawer(filter: TraceFilter): TraceFilter {
  const names: readonly string[] = [...drawerNames, 'cursor'];
  return Object.fromEntries(Object.entries(filter).filter(([name]) => !names.includes(name)));
}

/**
 * What the drawer's form says, as a filter, or what is wrong with it by field. Times are typed in the reader's zone, which
 * `toUtc` knows; tags stand one on each line.
 */
export function readFilterForm(
  form: FormData,
  toUtc: (local: string) => string | undefined,
): { filter: TraceFilter } | { errors: Record<string, string> } {
  const typed = (name: string) => String(form.get(name) ?? '').trim();
  const errors: Record<string, string> = {};
  const given: Record<string, unknown> = {};
  for (const name of ['light', 'project', 'user', 'session', 'sort']) given[name] = typed(name) || undefined;
  if (given.sort === 'newest') given.sort = undefined;

  const tags = [
    ...new Set(
      typed('tag')
        .split('\n')
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ''),
    ),
  ];
  if (tags.length > MAX_TAGS) errors.tag = `At most ${MAX_TAGS} tags.`;
  given.tag = tags.length > 0 ? tags : undefined;

  for (const { name, most } of rangeFields) {
    const [low, high] = [typed(`min_${name}`), typed(`max_${name}`)];
    const isWrong = (text: string) =>
      text !== '' && !(Number(text) >= 0 && Number(text) <= (most ?? Infinity));
    if (isWrong(low) || isWrong(high)) errors[name] = most ? `From 0 to ${most}.` : '0 or more.';
    else if (low !== '' && high !== '' && Number(low) > Number(high))
      errors[name] = 'The first must not be larger than the second.';
    given[`min_${name}`] = low || undefined;
    given[`max_${name}`] = high || undefined;
  }

  const [from, to] = [typed('from'), typed('to')].map((local) => (local ? toUtc(local) : undefined));
  if ((typed('from') && !from) || (typed('to') && !to)) errors.from = 'A date and a time.';
  else if (from && to && from >= to) errors.from = 'The end must come after the beginning.';
  Object.assign(given, { from, to });

  if (Object.keys(errors).length > 0) return { errors };
  const filter = traceFilterSchema.parse(given);
  for (const name of ['project', 'user', 'session', 'tag'] as const)
    if (given[name] !== undefined && filter[name] === undefined) errors[name] = 'At most 200 characters.';
  return Object.keys(errors).length > 0 ? { errors } : { filter: dropEmpty(filter) };
}

function dropEmpty(filter: TraceFilter): TraceFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/** ISO 8601 in UTC as a field for date and time takes it, in this browser's zone. */
export function toLocalField(iso: string | undefined): string {
  if (!iso) return '';
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What such a field holds as ISO 8601 in UTC; undefined for what is no date. */
export function fromLocalField(local: string): string | undefined {
  const date = new Date(local); // without a zone: this browser's
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
