import { describe, expect, test } from 'vitest';
import { decryptTotpSecret, encryptTotpSecret, matchTotp, newTotpSecret } from '@/lib/auth/second-factor';

/** The secret of RFC 6238's test vectors, `12345678901234567890`, as base32. */
const rfc = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('matchTotp', () => {
  // The last six digits of the vectors in RFC 6238, appendix B, for SHA-1.
  test.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('knows the code of second %i', (seconds, code) => {
    expect(matchTotp(rfc, code, seconds * 1_000)).toBe(Math.floor(seconds / 30));
  });

  test('takes one step to either side, and says of which step the code is', () => {
    const at = 1_234_567_890_000;
    const step = Math.floor(at / 30_000);
    for (const [shift, expected] of [
      [-60_000, null],
      [-30_000, step],
      [0, step],
      [30_000, step],
      [60_000, null],
    ] as const)
      expect([shift, matchTotp(rfc, '005924', at + shift)]).toEqual([shift, expected]);
  });

  test.each([
    '',
    '5924',
    '0059240',
    '00592４',
    '00592é',
    '      ',
    'abcdef',
    '\u0000\u0000\u0000\u0000\u0000\u0000',
  ])('refuses %j', (code) => {
    expect(matchTotp(rfc, code, 1_234_567_890_000)).toBeNull();
  });
});

describe('a stored secret', () => {
  test('is read again by its person alone, and differs each time', () => {
    const { secret, uri } = newTotpSecret('ada@example.com');
    expect(uri).toMatch(/^otpauth:\/\/totp\/RAG%20Toolkit:ada%40example\.com\?/);
    const [one, two] = [encryptTotpSecret('ada', secret), encryptTotpSecret('ada', secret)];
    expect(one).not.toBe(two);
    expect(decryptTotpSecret('ada', one)).toBe(secret);
    expect(() => decryptTotpSecret('ben', one)).toThrow();
  });

  test('is refused when a bit of it was changed', () => {
    const stored = encryptTotpSecret('ada', rfc);
    const bytes = Buffer.from(stored.slice(3), 'base64url');
    for (const at of [0, 12, 28, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => decryptTotpSecret('ada', `v1.${changed.toString('base64url')}`)).toThrow();
    }
    expect(() => decryptTotpSecret('ada', stored.replace('v1', 'v2'))).toThrow();
  });
});
