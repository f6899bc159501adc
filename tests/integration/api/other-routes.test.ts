import { describe, expect, test } from 'vitest';
import * as anything from '@/app/api/[...path]/route';
import { GET as apiHealth } from '@/app/api/health/route';
import { GET as health } from '@/app/health/route';
import { version } from '@/package.json';
import { countQueries } from '@/tests/support/queries';
import { call, readError } from '@/tests/support/requests';

describe('GET /health', () => {
  test('answers on any host, without a key, and asks the database nothing', async () => {
    for (const handler of [health, apiHealth])
      for (const host of [
        '10.0.0.1',
        'lb.internal',
        'ragtoolkit.localhost:3000',
        'nobody.ragtoolkit.localhost:3000',
      ]) {
        const { queries, result } = await countQueries(() => call(handler, { path: '/health', host }));
        expect(result).toMatchObject({ status: 200, body: { status: 'healthy', version } });
        expect(queries).toBe(0);
      }
  });
});

describe('an API path that no route has', () => {
  test('answers with the API’s own 404, whatever the method', async () => {
    for (const handler of [anything.GET, anything.POST, anything.PUT, anything.PATCH, anything.DELETE])
      expect(
        readError(
          await call(handler, { path: '/api/nothing', host: 'lb.internal', params: { path: 'nothing' } }),
        ),
      ).toMatchObject({ status: 404, code: 'not_found' });
  });
});
