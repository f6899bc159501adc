/** UTC while the server renders, afterwards the reader's own zone. */
type Zone = 'utc' | 'local';

/** The day of a moment as an input of type date has it: `2026-11-23`; empty for none. */
export function toDay(iso: string | undefined, zone: Zone): string {
  if (!iso) return '';
  const date = new Date(iso);
  const shifted = zone === 'utc' ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 10);
}

/** The last day before a moment: a range ends where its last day has ended. */
export function toLastDay(iso: string | undefined, zone: Zone): string {
  return iso ? toDay(new Date(new Date(iso).getTime() - 1).toISOString(), zone) : '';
}

/** The moment, ISO 8601 in UTC, at which a day of the reader's zone begins, or the one `days` after it; undefined for none. */
export function startOfDay(day: string, days = 0): string | undefined {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  if (!year || year < 1970 || year > 9998) return undefined;
  return new Date(year, month - 1, date + days).toISOString();
}
