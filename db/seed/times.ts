import { createRandom, type Random } from '@/demo/random';

/** A trace and when it arrived. */
export type Timed<T> = { trace: T; receivedAt: Date };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The last minutes belong to the traces written by hand: they are to be the newest. */
const RESERVED = 12 * MINUTE;
/** One session in this many falls into the last hour, so that a chart of it is not empty. */
const IN_LAST_HOUR = 1 / 30;

/** How busy an hour of the day is (UTC): people ask in the daytime, and less over lunch. */
const busyness = [1, 1, 1, 1, 1, 2, 4, 8, 13, 16, 17, 15, 12, 14, 16, 15, 13, 10, 7, 5, 4, 3, 2, 1];
const WEEKEND = 0.4;

/**
 * Spreads traces over the last 14 days, the hours and days as busy as an office makes them. Traces that follow each other
 * with the same session stay together, a minute or so apart.
 */
export function overTwoWeeks<T extends { metadata: { session_id: string }; response_latency_ms: number }>(
  traces: readonly T[],
  { now, seed }: { now: Date; seed: number },
): Timed<T>[] {
  const random = createRandom(seed);
  const latest = now.getTime() - RESERVED;
  return toSessions(traces).flatMap((session) => {
    let length = 0;
    const offsets = session.map((trace, index) => {
      const pause = index === 0 ? 0 : random.between(15, 110) * SECOND;
      length += pause + trace.response_latency_ms;
      return length;
    });
    const start =
      random.next() < IN_LAST_HOUR ? latest - HOUR * 0.75 * random.next() : pickStart(latest, random);
    const begin = Math.min(start, latest - length);
    return session.map((trace, index) => ({ trace, receivedAt: new Date(begin + (offsets[index] ?? 0)) }));
  });
}

/** Lets traces arrive a minute apart, the last of them half a minute ago. */
export function justNow<T>(traces: readonly T[], now: Date): Timed<T>[] {
  return traces.map((trace, index) => ({
    trace,
    receivedAt: new Date(now.getTime() - (traces.length - index - 0.5) * MINUTE),
  }));
}

/** A moment of the last 14 days: drawn evenly, and kept as often as its hour is busy. */
function pickStart(latest: number, random: Random): number {
  const busiest = Math.max(...busyness);
  for (;;) {
    const time = latest - random.next() * (14 * DAY - HOUR);
    const date = new Date(time);
    const isWeekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
    const share = ((busyness[date.getUTCHours()] ?? 0) / busiest) * (isWeekend ? WEEKEND : 1);
    if (random.next() < share) return time;
  }
}

function toSessions<T extends { metadata: { session_id: string } }>(traces: readonly T[]): T[][] {
  const sessions: T[][] = [];
  for (const trace of traces) {
    const last = sessions.at(-1);
    if (last?.[0]?.metadata.session_id === trace.metadata.session_id) last.push(trace);
    else sessions.push([trace]);
  }
  return sessions;
}
