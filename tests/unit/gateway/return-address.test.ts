import { describe, expect, test } from 'vitest';
import { safeReturnUrl } from '@/lib/gateway/hosts';

describe('a return address', () => {
  test.each([
    'https://evil.example',
    'http://evil.example/',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    ' https://evil.example',
    'http:evil.example',
    'http:/evil.example',
    'https:\\\\evil.example',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'blob:http://cloud.ragtoolkit.localhost:3000/x',
    'http://cloud.ragtoolkit.localhost:3000@evil.example/',
    'http://evil.example@cloud.ragtoolkit.localhost:3000/',
    'http://cloud.ragtoolkit.localhost:3000.evil.example/',
    'http://evilragtoolkit.localhost:3000/',
    'http://evil.example#.ragtoolkit.localhost:3000/',
    'http://evil.example?.ragtoolkit.localhost:3000/',
    'http://evil.example\\.ragtoolkit.localhost:3000/',
    'http://cloud.ragtoolkit.localhost/',
    'https://cloud.ragtoolkit.localhost:3000/',
    'http://cloud.ragtoolkit.localhost:3001/',
    'ftp://cloud.ragtoolkit.localhost:3000/',
    'evil.example',
    'traces',
    '',
    undefined,
    ['/traces', '//evil.example'],
  ])('of %j is not taken', (hostile) => {
    expect(safeReturnUrl(hostile, '/fallback')).toBe('/fallback');
  });

  test.each([
    '/',
    '/traces?a=b&c=%2F%2Fevil.example#x',
    '/?next=//evil.example',
    'http://acme.ragtoolkit.localhost:3000/traces',
    'http://ragtoolkit.localhost:3000/',
  ])('of %j is', (own) => {
    expect(safeReturnUrl(own, '/fallback')).toBe(own);
  });
});
