import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { newId } from '@/lib/ids';

const first = 'first-signing-secret-0123456789abcdef';
const second = 'second-signing-secret-0123456789abcdef';

/** The module with an environment of its own, which is read once. */
async function load(API_KEY_SECRETS: string) {
  vi.resetModules();
  vi.stubEnv('API_KEY_SECRETS', API_KEY_SECRETS);
  return import('@/lib/auth/api-key');
}

let api: Awaited<ReturnType<typeof load>>;
const tenantId = newId();

beforeEach(async () => {
  api = await load(`1:${first}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** A key of these bytes with a signature that holds. */
function signed(bytes: Buffer, secret = first): string {
  const signature = createHmac('sha256', secret).update(bytes).digest().subarray(0, 8);
  return `rtk_${Buffer.concat([bytes, signature]).toString('base64url')}`;
}

describe('mintApiKey', () => {
  test('makes a key that names its tenant and itself', () => {
    const { key, keyId, secretHash } = api.mintApiKey(tenantId);
    expect(key).toMatch(/^rtk_[\w-]{76}$/);
    expect(secretHash).toHaveLength(32);
    expect(api.parseApiKey(key)).toEqual({ kind: 'secret', keyId, tenantId, secret: expect.any(Buffer) });
  });

  test('makes another secret each time, which the stored hash does not show', () => {
    const [one, other] = [api.mintApiKey(tenantId), api.mintApiKey(tenantId)];
    expect(one.key).not.toBe(other.key);
    expect(one.secretHash.equals(other.secretHash)).toBe(false);
    const secret = api.parseApiKey(one.key)?.secret ?? Buffer.alloc(0);
    expect(secret).toHaveLength(16);
    expect(one.secretHash.includes(secret)).toBe(false);
  });
});

describe('a publish key', () => {
  test('carries its kind in front of the same 76 characters', () => {
    const { key, keyId } = api.mintApiKey(tenantId, 'publish');
    expect(key).toMatch(/^rtk_pub_[\w-]{76}$/);
    expect(api.parseApiKey(key)).toMatchObject({ kind: 'publish', keyId, tenantId });
    expect(api.parseApiKey(key.replace('rtk_pub_', 'rtk_'))).toMatchObject({ kind: 'secret', keyId });
    for (const other of [
      `rtk_pub_pub_${key.slice(8)}`,
      key.replace('pub', 'PUB'),
      key.replace('pub_', 'pub'),
      key.slice(0, -4),
    ])
      expect(api.parseApiKey(other), other).toBeNull();
  });

  test('is not what a secret key is taken for whose own characters begin like one', () => {
    // The first byte of `pub_` in base64url is version 166.
    const bytes = Buffer.concat([Buffer.from('pub_', 'base64url'), Buffer.alloc(46, 7)]);
    const key = signed(bytes);
    expect(key).toMatch(/^rtk_pub_/);
    expect(api.parseApiKey(key)).toBeNull(); // no such version here
    return load(`166:${first}`).then((other) => {
      expect(other.parseApiKey(key)).toMatchObject({ kind: 'secret' });
    });
  });
});

describe('parseApiKey', () => {
  test('refuses a key with any single bit flipped', () => {
    const bytes = Buffer.from(api.mintApiKey(tenantId).key.slice(4), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(api.parseApiKey(`rtk_${flipped.toString('base64url')}`)).toBeNull();
    }
  });

  test('refuses a key with any single character changed', () => {
    const { key } = api.mintApiKey(tenantId);
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === 'x' ? 'y' : 'x';
      expect(api.parseApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull();
    }
  });

  test('refuses a key of another length', () => {
    const { key } = api.mintApiKey(tenantId);
    for (const other of [
      key.slice(0, -1),
      `${key}A`,
      `${key}AAAA`,
      key.slice(4),
      `${key}=`,
      `${key}\n`,
      ` ${key}`,
    ])
      expect(api.parseApiKey(other)).toBeNull();
    const short = Buffer.from(key.slice(4), 'base64url').subarray(0, 48);
    expect(api.parseApiKey(signed(short))).toBeNull();
  });

  test('has one spelling for each key', () => {
    // 57 bytes are 76 characters exactly: there are no spare bits in which two spellings could differ.
    const { key } = api.mintApiKey(tenantId);
    expect(Buffer.from(key.slice(4), 'base64url').toString('base64url')).toBe(key.slice(4));
    const withSpecials = signed(Buffer.concat([Buffer.of(1), Buffer.alloc(48, 0xfb)]));
    expect(api.parseApiKey(withSpecials)).not.toBeNull();
    expect(withSpecials).toMatch(/[-_]{2}/);
    expect(
      api.parseApiKey(withSpecials.replaceAll('-', '+').replaceAll('_', '/').replace('rtk/', 'rtk_')),
    ).toBeNull();
    expect(api.parseApiKey(`RTK_${key.slice(4)}`)).toBeNull();
  });

  test.each(['', 'rtk_', 'sk-123', `rtk_${'A'.repeat(76)}`, `rtk_${'é'.repeat(76)}`, 'x'.repeat(100_000)])(
    'refuses %.20s',
    (text) => expect(api.parseApiKey(text)).toBeNull(),
  );

  test('refuses a key signed with another secret', async () => {
    const { key } = api.mintApiKey(tenantId);
    const other = await load(`1:${second}`);
    expect(other.parseApiKey(key)).toBeNull();
  });

  test('refuses a version that it does not know, and one that another secret has signed', async () => {
    const bytes = Buffer.concat([Buffer.of(2), Buffer.alloc(48, 7)]);
    expect(api.parseApiKey(signed(bytes))).toBeNull();
    const both = await load(`1:${first},2:${second}`);
    expect(both.parseApiKey(signed(bytes, first))).toBeNull();
    expect(both.parseApiKey(signed(bytes, second))).not.toBeNull();
  });

  test('reads keys of every version while secrets rotate, and the newest signs', async () => {
    const old = api.mintApiKey(tenantId).key;
    const both = await load(`2:${second},1:${first}`);
    expect(both.parseApiKey(old)).toMatchObject({ tenantId });
    const young = both.mintApiKey(tenantId).key;
    expect(Buffer.from(young.slice(4), 'base64url')[0]).toBe(2);
    const after = await load(`2:${second}`);
    expect(after.parseApiKey(old)).toBeNull();
    expect(after.parseApiKey(young)).toMatchObject({ tenantId });
  });
});
