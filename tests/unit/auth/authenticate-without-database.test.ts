import { describe, expect, test } from 'vitest';
import { mintApiKey } from '@/lib/auth/api-key';
import { authenticate, type CredentialSource } from '@/lib/auth/credentials';
import { newId } from '@/lib/ids';

// The database of the unit tests is a closed port: whatever asks it anything fails with ECONNREFUSED, not with 401.
process.env.DATABASE_URL = 'postgres://nobody:nothing@127.0.0.1:1/nowhere';

const root = 'ragtoolkit.localhost:3000';
const { key } = mintApiKey(newId());
const forged = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');

function source(given: Partial<CredentialSource>): CredentialSource {
  return {
    host: `acme.${root}`,
    method: 'POST',
    origin: null,
    authorization: null,
    apiKey: null,
    cookie: null,
    ...given,
  };
}

describe('authenticate', () => {
  test.each([
    { authorization: `Bearer ${forged}` },
    { authorization: 'Bearer x' },
    { authorization: 'Bearer ' },
    { authorization: '' },
    { authorization: key },
    { authorization: `Basic ${Buffer.from(`x:${forged}`).toString('base64')}` },
    { authorization: `Basic ${Buffer.from(`${key}:x`).toString('base64')}` },
    { authorization: `Basic ${key}` },
    { authorization: `Bearer ${key} ${key}` },
    { authorization: `Bearer ${key}, Bearer ${key}` },
    { apiKey: forged },
    { apiKey: '' },
    { authorization: `Bearer ${forged}`, apiKey: key },
    { authorization: `Bearer ${forged}`, cookie: 'ragtoolkit.session=x', origin: `http://acme.${root}` },
  ])('refuses %j without asking the database', async (given) => {
    for (const host of [`acme.${root}`, root, `cloud.${root}`, 'evil.example', null])
      await expect(authenticate(source({ ...given, host }), 'req')).rejects.toMatchObject({
        code: 'unauthenticated',
        status: 401,
      });
  });

  test('refuses a request without a credential on a host without a tenant, without asking the database', async () => {
    for (const host of [root, `cloud.${root}`, 'evil.example', null])
      await expect(authenticate(source({ host }), 'req')).rejects.toMatchObject({ status: 401 });
  });

  test('asks the database about a key whose signature holds', async () => {
    await expect(
      authenticate(source({ host: root, authorization: `Bearer ${key}` }), 'req'),
    ).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});
