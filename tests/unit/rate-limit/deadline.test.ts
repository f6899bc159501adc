import { describe, expect, test } from 'vitest';
import { Deadline } from '@/lib/rate-limit/deadline';

const never = () => new Promise<never>(() => {});
const comes = <T>(value: T, ms: number) => new Promise<T>((resolve) => setTimeout(resolve, ms, value));

describe('Deadline', () => {
  test('hands on what comes in time, and what goes wrong', async () => {
    const deadline = new Deadline(5_000);
    await expect(deadline.race(Promise.resolve(1))).resolves.toBe(1);
    await expect(deadline.race(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  test('ends what takes longer, one timer for all of them', async () => {
    const deadline = new Deadline(20);
    const began = performance.now();
    const first = Array.from({ length: 3_000 }, () => deadline.race(never()));
    const quick = deadline.race(comes('quick', 1));
    const ended = await Promise.allSettled(first);
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
    expect(await quick).toBe('quick');
    const later = deadline.race(never());
    await expect(later).rejects.toThrow('no answer within 20 ms');
    expect(performance.now() - began).toBeGreaterThanOrEqual(39);
  });

  test('gives each its whole time, whoever waits before it', async () => {
    const deadline = new Deadline(60);
    const first = deadline.race(never());
    await comes(null, 40);
    const second = deadline.race(comes('in time', 40));
    await expect(first).rejects.toThrow();
    await expect(second).resolves.toBe('in time');
  });
});
