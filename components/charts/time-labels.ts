import { type ChartBin, thinned } from './prepare';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Whose clock a time is written by. The server, which does not know the reader's, writes UTC. */
export type Zone = 'local' | 'utc';

type Fields = {
  year: number;
  day: string;
  weekday: string;
  hour: number;
  minute: number;
  second: number;
};

// Read by hand, not by Intl: Node and the browsers abbreviate differently, and hydration would stumble.
function fieldsOf(iso: string, zone: Zone): Fields {
  const moment = new Date(iso);
  const date = zone === 'utc' ? moment : new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return {
    year: date.getUTCFullYear(),
    day: `${date.getUTCDate()} ${months[date.getUTCMonth()]}`,
    weekday: weekdays[date.getUTCDay()] ?? '',
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

function clock({ hour, minute, second }: Fields, { seconds = false } = {}): string {
  const parts = seconds ? [hour, minute, second] : [hour, minute];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** How a day is named: with its weekday, with its year when that is not `thisYear`. */
export type DayStyle = { weekday?: boolean; thisYear?: number };

function dayOf(fields: Fields, { weekday = false, thisYear = fields.year }: DayStyle): string {
  const year = fields.year === thisYear ? '' : ` ${fields.year}`;
  return `${weekday ? `${fields.weekday} ` : ''}${fields.day}${year}`;
}

/** "Mon 4 May 12:00". */
export function formatMoment(iso: string, zone: Zone, style: DayStyle = {}): string {
  const fields = fieldsOf(iso, zone);
  return `${dayOf(fields, style)} ${clock(fields)}`;
}

/** "Mon 4 May 12:00–18:00", with seconds where it is shorter than a minute; a whole day is "Mon 4 May", more than one "Mon 4 May 02:00 – Tue 5 May 02:00". */
export function formatRange(range: { from: string; to: string }, zone: Zone, style: DayStyle = {}): string {
  const from = fieldsOf(range.from, zone);
  const to = fieldsOf(range.to, zone);
  // The end is exclusive: midnight belongs to the day before, as its 24:00.
  const last = fieldsOf(new Date(Date.parse(range.to) - 1).toISOString(), zone);
  const oneDay = from.day === last.day && from.year === last.year;
  if (!oneDay) return `${formatMoment(range.from, zone, style)} – ${formatMoment(range.to, zone, style)}`;
  const seconds = Date.parse(range.to) - Date.parse(range.from) < MINUTE_MS;
  if (seconds) return `${dayOf(from, style)} ${clock(from, { seconds })}–${clock(to, { seconds })}`;
  const end = clock(to) === '00:00' ? '24:00' : clock(to);
  if (clock(from) === '00:00' && end === '24:00') return dayOf(from, style);
  return `${dayOf(from, style)} ${clock(from)}–${end}`;
}

/** "UTC", or the reader's offset from it at that moment: "UTC+02:00". */
export function zoneName(iso: string, zone: Zone): string {
  const minutes = zone === 'utc' ? 0 : -new Date(iso).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** A label under the plot. `narrow` ones are shown on phones too. */
export type AxisLabel = { bin: number; text: string; narrow: boolean };

/**
 * Which bins are labelled, and how: minutes where a bar is shorter than one, hours where it is shorter than six of them,
 * else the days that begin.
 */
export function axisLabels(
  bins: readonly ChartBin[],
  zone: Zone,
  most: { wide: number; narrow: number },
): AxisLabel[] {
  const first = bins[0];
  if (!first) return [];
  const binHours = (Date.parse(first.to) - Date.parse(first.from)) / HOUR_MS;
  const candidates = bins.flatMap((bin, index) => {
    const fields = fieldsOf(bin.from, zone);
    if (binHours >= 6) return fields.hour < binHours ? [{ bin: index, text: fields.day }] : [];
    if (binHours < MINUTE_MS / HOUR_MS)
      return fields.second === 0 && fields.minute % 3 === 0 ? [{ bin: index, text: clock(fields) }] : [];
    if (fields.hour % 3 !== 0) return [];
    return [{ bin: index, text: fields.hour === 0 ? fields.day : clock(fields) }];
  });
  const wide = thinned(candidates, most.wide);
  const narrow = new Set(thinned(wide, most.narrow));
  return wide.map((label) => ({ ...label, narrow: narrow.has(label) }));
}
