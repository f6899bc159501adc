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
  /** The write of that number, once it has begun. */
  async function write(index: number) {
    for (let turn = 0; turn < 10 && !open[index]; turn++) await settle();
    const found = open[index];
    if (!found) throw new Error(`write ${index} has not begun`);
    return found;
  }
  return { queue, open, add, settle, write };
}

describe('GroupCommit', () => {
  test('writes together what comes in one turn of the loop, and what comes while that is written', async () => {
    const { open, add, settle, write } = make();
    const answers = [add('t', 'a'), add('t', 'b')];
    expect(open).toEqual([]);
    const first = await write(0);
    answers.push(add('t', 'c'), add('t', 'd'));
    await settle();
    expect(open.map(({ jobs }) => jobs)).toEqual([['a', 'b']]);
    first.end();
    (await write(1)).end();
    expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!', 'd!']);
    expect(open.map(({ jobs }) => jobs)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('waits a little for those who were just answered, and no longer than until they are there', async () => {
    const { open, add, settle, write } = make();
    const slowly = async () => {
      const found = await write(open.length - 1);
      await new Promise((resolve) => setTimeout(resolve, 40)); // of which a quarter is waited
      found.end();
    };
    const first = add('t', 'a');
    await settle();
    const second = add('t', 'b');
    await slowly();
    await first;
    await settle();
    expect(open).toHaveLength(1);
    const third = add('t', 'c');
    await settle();
    expect(open.map(({ jobs }) => jobs)).toEqual([['a'], ['b', 'c']]);

    const fourth = add('t', 'd');
    await slowly();
    await Promise.all([second, third]);
    for (const until = performance.now() + 5_000; open.length < 3 && performance.now() < until; )
      await settle();
    expect(open[2]?.jobs).toEqual(['d']); // of the others nobody came
    open[2]?.end();
    await fourth;
  });

  test('never writes twice at once for a tenant, nor for more tenants than there are writers', async () => {
    const { open, add, settle, write } = make({ group: { traces: 1, bytes: 500 } });
    const answers = ['t1', 't1', 't2', 't3', 't4'].map((tenant) => add(tenant, 'x'));
    for (let i = 0; i < answers.length; i++) {
      await write(i);
      await settle();
      const writing = open.slice(i).map(({ tenant }) => tenant);
      expect(writing.length).toBeLessThanOrEqual(2);
      expect(new Set(writing).size).toBe(writing.length);
      open[i]?.end();
    }
    await Promise.all(answers);
  });

  test('gives tenants turns: a flood waits behind those who came after it', async () => {
    const { open, add, write } = make({ writers: 1 });
    const flood = Array.from({ length: 9 }, (_, i) => add('flood', `${i}`));
    const other = add('other', 'x');
    for (let i = 0; i < 4; i++) (await write(i)).end();
    await Promise.all([...flood, other]);
    expect(open.map(({ tenant, jobs }) => [tenant, jobs.length])).toEqual([
      ['flood', 4],
      ['other', 1],
      ['flood', 4],
      ['flood', 1],
    ]);
  });

  test('divides a group by bytes as well, and no request', async () => {
    const { open, add, write } = make();
    const answers = [add('t', 'a', 1, 300), add('t', 'b', 1, 300), add('t', 'large', 6, 100)];
    for (let i = 0; i < 3; i++) (await write(i)).end();
    await Promise.all(answers);
    expect(open.map(({ jobs }) => jobs)).toEqual([['a'], ['b'], ['large']]);
  });

  test.each([
    ['traces of one tenant', { tenant: 't', traces: 10, bytes: 10 }, { tenant: 't', traces: 1, bytes: 1 }],
    ['bytes of one tenant', { tenant: 't', traces: 1, bytes: 1_000 }, { tenant: 't', traces: 1, bytes: 1 }],
  ])('refuses what passes the limit of %s, and takes another’s', async (_, first, second) => {
    const { add, queue, write } = make();
    const held = add(first.tenant, 'held', first.traces, first.bytes);
    await expect(add(second.tenant, 'late', second.traces, second.bytes)).rejects.toMatchObject({
      code: 'unavailable',
      retryAfter: expect.any(Number),
    });
    const others = add('other', 'x');
    (await write(0)).end();
    (await write(1)).end();
    expect(await Promise.all([held, others])).toEqual(['held!', 'x!']);
    expect(queue.load).toEqual({ traces: 0, bytes: 0, tenants: 0 });
    const again = add(second.tenant, 'again', second.traces, second.bytes);
    (await write(2)).end();
    expect(await again).toBe('again!');
  });

  test('refuses what passes the limit of all tenants', async () => {
    const { add, write } = make();
    const held = [add('a', 'x', 8), add('b', 'x', 7)];
    await expect(add('c', 'late')).rejects.toMatchObject({ code: 'unavailable' });
    (await write(0)).end();
    (await write(1)).end();
    await Promise.all(held);
  });

  test('hands each its own result or error, and everybody the error of a write that fails', async () => {
    const { add, write } = make();
    const answers = Promise.allSettled([add('t', 'a'), add('t', 'b')]);
    const wrong = new Error('b alone');
    (await write(0)).end(['a!', wrong]);
    expect(await answers).toEqual([
      { status: 'fulfilled', value: 'a!' },
      { status: 'rejected', reason: wrong },
    ]);
    const failing = Promise.allSettled([add('t', 'c'), add('t', 'd')]);
    const reason = new Error('gone');
    (await write(1)).fail(reason);
    expect(await failing).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    const after = add('t', 'e');
    (await write(2)).end();
    expect(await after).toBe('e!');
  });

  test('finishes what it has when it is drained, and refuses what comes then', async () => {
    const { add, settle, queue, write } = make({ group: { traces: 1, bytes: 500 } });
    const answers = [add('t', 'a'), add('t', 'b')];
    let drained = false;
    const draining = queue.drain().then(() => {
      drained = true;
    });
    await expect(add('t', 'late')).rejects.toMatchObject({ code: 'unavailable' });
    (await write(0)).end();
    await settle();
    expect(drained).toBe(false);
    (await write(1)).end();
    await draining;
    expect(await Promise.all(answers)).toEqual(['a!', 'b!']);
  });

  test('is drained at once when it has nothing', async () => {
    await make().queue.drain();
  });
});
