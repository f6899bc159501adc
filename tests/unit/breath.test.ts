import { expect, test } from 'vitest';
import { makeBreath } from '@/lib/breath';

test('a long computation lets others have their turn, and not before it has used its own', async () => {
  let now = 0;
  const breath = makeBreath(() => now);
  now = 9;
  expect(breath()).toBeUndefined();
  now = 12;
  let others = 0;
  setImmediate(() => {
    others += 1;
  });
  await breath();
  expect(others).toBe(1);
  now = 20; // its next slice began at 12
  expect(breath()).toBeUndefined();
  now = 30;
  expect(breath()).toBeInstanceOf(Promise);
});
