import { describe, expect, test } from 'vitest';
import { GroupCommit, type QueueLimits } from '@/lib/ingest/queue';

const limits: QueueLimits = {
  tenant: { traces: 10, bytes: 1_000 },
  all: { traces: 15, bytes: 2_000 },
  group: { traces: 4, bytes: 500 },
  writers: 2,
};

/** A queue whose writes end when the test says so, in the order in which they began. */
function make(given: Partial<QueueLimits> = {}) {
  const open: {
    tenant: string;
    jobs: readonly string[];
    end: (results?: (string | Error)[]) => void;
    fail: (error: Error) => void;
  }[] = [];
  const queue = new GroupCommit<string, string>({ ...limits, ...given }, (tenant, jobs) => {
    return new Promise((resolve, reject) => {
      open.push({
        tenant,
        jobs,
        end: (results = jobs.map((job) => `${job}!`)) => resolve(results),
        fail: reject,
      });
    });
  });
  const add = (tenant: string, job: string, traces = 1, bytes = 10) =>
    queue.add(tenant, job, { traces, bytes });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { queue, open, add, settle };
}

describe('GroupCommit', () => {
  test('writes at once what comes first, and together what comes meanwhile', async () => {
    const { open, add, settle } = make();
    const answers = ['a', 'b', 'c'].map((job) => add('t', job));
    expect(open.map(({ jobs }) => jobs)).toEqual([['a']]);
    open[0]?.end();
    await settle();
    expect(open.map(({ jobs }) => jobs)).toEqual([['a'], ['b', 'c']]);
    open[1]?.end();
    expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!']);
  });

  test('never writes twice at once for a tenant, nor for more tenants than there are writers', async () => {
    const { open, add, settle } = make();
    const answers = ['t1', 't1', 't2', 't3', 't4'].map((tenant) => add(tenant, 'x'));
    expect(open.map(({ tenant }) => tenant)).toEqual(['t1', 't2']);
    for (let i = 0; i < open.length; i++) {
      open[i]?.end();
      await settle();
      const writing = open.slice(i + 1).map(({ tenant }) => tenant);
      expect(writing.length).toBeLessThanOrEqual(2);
      expect(new Set(writing).size).toBe(writing.length);
    }
    await Promise.all(answers);
  });

  test('gives tenants turns: a flood waits behind those who came after it', async () => {
    const { open, add, settle } = make({ writers: 1 });
    const flood = Array.from({ length: 10 }, (_, i) => add('flood', `${i}`));
    const other = add('other', 'x');
    open[0]?.end();
    await settle();
    expect(open[1]?.tenant).toBe('other');
    open[1]?.end();
    expect(await other).toBe('x!');
    for (let i = 2; i < open.length + 1; i++) {
      open[i]?.end();
      await settle();
    }
    expect(await Promise.all(flood)).toHaveLength(10);
    expect(open.map(({ jobs }) => jobs.length)).toEqual([1, 1, 4, 4, 1]);
  });

  test('divides a group by bytes as well, and no request', async () => {
    const { open, add, settle } = make({ writers: 1 });
    const answers = [
      add('t', 'first'),
      add('t', 'a', 1, 300),
      add('t', 'b', 1, 300),
      add('t', 'large', 6, 100),
    ];
    for (let i = 0; i < 4; i++) {
      open[i]?.end();
      await settle();
    }
    await Promise.all(answers);
    expect(open.map(({ jobs }) => jobs)).toEqual([['first'], ['a'], ['b'], ['large']]);
  });

  test.each([
    ['traces of one tenant', { tenant: 't', traces: 10, bytes: 10 }, { tenant: 't', traces: 1, bytes: 1 }],
    ['bytes of one tenant', { tenant: 't', traces: 1, bytes: 1_000 }, { tenant: 't', traces: 1, bytes: 1 }],
  ])('refuses what passes the limit of %s, and takes another’s', async (_, first, second) => {
    const { open, add, settle, queue } = make();
    const held = add(first.tenant, 'held', first.traces, first.bytes);
    await expect(add(second.tenant, 'late', second.traces, second.bytes)).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: expect.any(Number),
    });
    const others = add('other', 'x');
    for (const { end } of open) end();
    await settle();
    expect(await Promise.all([held, others])).toEqual(['held!', 'x!']);
    expect(queue.load).toEqual({ traces: 0, bytes: 0, tenants: 0 });
    const again = add(second.tenant, 'again', second.traces, second.bytes);
    open[2]?.end();
    expect(await again).toBe('again!');
  });

  test('refuses what passes the limit of all tenants', async () => {
    const { open, add } = make();
    const held = [add('a', 'x', 8), add('b', 'x', 7)];
    await expect(add('c', 'late')).rejects.toMatchObject({ code: 'unavailable' });
    for (const { end } of open) end();
    await Promise.all(held);
  });

  test('hands each its own result or error, and everybody the error of a write that fails', async () => {
    const { open, add, settle } = make();
    const first = add('t', 'a');
    const answers = Promise.allSettled([add('t', 'b'), add('t', 'c')]);
    const wrong = new Error('c alone');
    open[0]?.end();
    await settle();
    open[1]?.end(['b!', wrong]);
    expect(await first).toBe('a!');
    expect(await answers).toEqual([
      { status: 'fulfilled', value: 'b!' },
      { status: 'rejected', reason: wrong },
    ]);
    const failing = Promise.allSettled([add('t', 'd')]);
    const gone = new Error('gone');
    open[2]?.fail(gone);
    expect(await failing).toEqual([{ status: 'rejected', reason: gone }]);
    const after = add('t', 'e');
    open[3]?.end();
    expect(await after).toBe('e!');
  });

  test('finishes what it has when it is drained, and refuses what comes then', async () => {
    const { open, add, settle, queue } = make();
    const answers = [add('t', 'a'), add('t', 'b')];
    let drained = false;
    const draining = queue.drain().then(() => {
      drained = true;
    });
    await expect(add('t', 'late')).rejects.toMatchObject({ code: 'unavailable' });
    open[0]?.end();
    await settle();
    expect(drained).toBe(false);
    open[1]?.end();
    await draining;
    expect(await Promise.all(answers)).toEqual(['a!', 'b!']);
  });

  test('is drained at once when it has nothing', async () => {
    await make().queue.drain();
  });
});
