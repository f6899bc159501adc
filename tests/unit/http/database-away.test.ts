import { describe, expect, test } from 'vitest';
import { POST } from '@/app/api/v1/traces/route';
import { mintApiKey } from '@/lib/auth/api-key';
import { newId } from '@/lib/ids';
import { call, readError } from '@/tests/support/requests';

// Nobody listens there.
process.env.DATABASE_URL = 'postgres://nobody:nothing@127.0.0.1:1/nowhere';

describe('POST /api/v1/traces while the database is away', () => {
  const post = (key: string) =>
    call(POST, {
      method: 'POST',
      path: '/api/v1/traces',
      host: 'ragtoolkit.localhost:3000',
      key,
      body: { trace_id: 'a' },
    });

  test('answers 503, when to come back, and nothing of the reason', async () => {
    const answer = await post(mintApiKey(newId()).key);
    expect(readError(answer)).toMatchObject({ status: 503, code: 'unavailable' });
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED|select/i);
  });

  test('still answers 401 to a forged key', async () => {
    expect((await post(`rtk_${'A'.repeat(76)}`)).status).toBe(401);
  });
});
