import { describe, expect, test } from 'vitest';
import { hostOf, parseHost, safeReturnUrl, urlOf } from '@/lib/gateway/hosts';

const local = { rootDomain: 'ragtoolkit.localhost:3000', scheme: 'http' } as const;
const production = { rootDomain: 'ragtoolkit.app', scheme: 'https' } as const;

const site = { surface: 'site', www: false };
const foreign = { surface: 'foreign' };
const tenant = (slug: string) => ({ surface: 'tenant', slug });

describe('parseHost', () => {
  test.each([
    ['ragtoolkit.app', site],
    ['www.ragtoolkit.app', { surface: 'site', www: true }],
    ['cloud.ragtoolkit.app', { surface: 'cloud' }],
    ['acme.ragtoolkit.app', tenant('acme')],
    ['acme-corp-2.ragtoolkit.app', tenant('acme-corp-2')],
  ])('reads %s', (host, meaning) => {
    expect(parseHost(host, production)).toEqual(meaning);
  });

  test.each([
    ['RagToolkit.APP', site],
    ['WWW.ragtoolkit.app', { surface: 'site', www: true }],
    ['Cloud.RAGTOOLKIT.app', { surface: 'cloud' }],
    ['ACME.ragtoolkit.app', tenant('acme')],
    ['  acme.ragtoolkit.app ', tenant('acme')],
  ])('reads %j without regard to case and blanks', (host, meaning) => {
    expect(parseHost(host, production)).toEqual(meaning);
  });

  test('takes the scheme’s own port for none', () => {
    expect(parseHost('acme.ragtoolkit.app:443', production)).toEqual(tenant('acme'));
    expect(parseHost('ragtoolkit.app:443', production)).toEqual(site);
    expect(parseHost('acme.ragtoolkit.app', { ...production, rootDomain: 'ragtoolkit.app:443' })).toEqual(
      tenant('acme'),
    );
    expect(parseHost('acme.rag.localhost:80', { rootDomain: 'rag.localhost', scheme: 'http' })).toEqual(
      tenant('acme'),
    );
  });

  test.each([
    'ragtoolkit.app:80',
    'acme.ragtoolkit.app:3000',
    'acme.ragtoolkit.app:',
    'cloud.ragtoolkit.app:0443',
  ])('takes %s, of another port, for a foreign host', (host) =>
    expect(parseHost(host, production)).toEqual(foreign),
  );

  test('asks for the port where the root domain has one', () => {
    expect(parseHost('acme.ragtoolkit.localhost:3000', local)).toEqual(tenant('acme'));
    expect(parseHost('acme.ragtoolkit.localhost', local)).toEqual(foreign);
    expect(parseHost('acme.ragtoolkit.localhost:3001', local)).toEqual(foreign);
    expect(parseHost('ragtoolkit.localhost:80', local)).toEqual(foreign);
  });

  test.each([
    ['a.b.ragtoolkit.app', 'a.b'],
    ['www.acme.ragtoolkit.app', 'www.acme'],
    ['acme.cloud.ragtoolkit.app', 'acme.cloud'],
    ['.ragtoolkit.app', ''],
    ['..ragtoolkit.app', '.'],
  ])('reads %s as a tenant that cannot exist, not as one of the surfaces', (host, slug) => {
    expect(parseHost(host, production)).toEqual(tenant(slug));
  });

  test.each([
    '',
    ' ',
    null,
    undefined,
    'localhost',
    '127.0.0.1',
    '127.0.0.1:443',
    '[::1]:443',
    '10.1.2.3',
    'evil.example',
    'evilragtoolkit.app',
    'acme.ragtoolkit.app.evil.example',
    'ragtoolkit.app.evil.example',
    'ragtoolkit.apps',
    'app',
    'ragtoolkit.app.',
    'acme.ragtoolkit.app.',
    'acme.ragtoolkit.app.:443',
    'acme.ragtoolkit.app, evil.example',
    'acme.ragtoolkit.app@evil.example',
    'http://acme.ragtoolkit.app/',
    'acme.ragtoolkit.app/../..',
    'acme.ragtoolkit.app\u0000.evil.example',
  ])('takes %j for a foreign host', (host) => {
    expect(parseHost(host, production)).toEqual(foreign);
  });

  test('has an answer for any string', () => {
    for (let code = 0; code < 0x250; code++)
      expect(parseHost(`${String.fromCharCode(code)}.ragtoolkit.app`, production).surface).toMatch(
        /^(tenant|foreign|site)$/,
      );
  });
});

describe('urlOf', () => {
  test('builds addresses from the root domain alone', () => {
    expect(urlOf('site')).toBe('http://ragtoolkit.localhost:3000/');
    expect(urlOf('cloud', '/login')).toBe('http://cloud.ragtoolkit.localhost:3000/login');
    expect(urlOf({ slug: 'acme' }, '/traces?a=1')).toBe('http://acme.ragtoolkit.localhost:3000/traces?a=1');
  });

  test('is read back by parseHost', () => {
    expect(parseHost(hostOf('site'))).toEqual(site);
    expect(parseHost(hostOf('cloud'))).toEqual({ surface: 'cloud' });
    expect(parseHost(hostOf({ slug: 'acme' }))).toEqual(tenant('acme'));
  });
});

describe('safeReturnUrl', () => {
  test.each([
    '/',
    '/traces',
    '/traces?model=a%2Fb#top',
    '/a//b',
    '/a\\b',
    '/%09/evil.example',
    '/@evil.example',
  ])('lets the path %s through', (path) => {
    expect(safeReturnUrl(path, '/fallback')).toBe(path);
    expect(new URL(path, 'http://acme.ragtoolkit.localhost:3000').host).toBe(
      'acme.ragtoolkit.localhost:3000',
    );
  });

  test.each([
    ['http://acme.ragtoolkit.localhost:3000/traces', 'http://acme.ragtoolkit.localhost:3000/traces'],
    ['http://cloud.ragtoolkit.localhost:3000', 'http://cloud.ragtoolkit.localhost:3000/'],
    ['http://ragtoolkit.localhost:3000/docs', 'http://ragtoolkit.localhost:3000/docs'],
    ['HTTP://ACME.ragtoolkit.localhost:3000/Traces', 'http://acme.ragtoolkit.localhost:3000/Traces'],
    // What browsers make of backslashes and tabs is made here already.
    ['http:\\\\acme.ragtoolkit.localhost:3000\\x', 'http://acme.ragtoolkit.localhost:3000/x'],
    ['ht\ntp://acme.ragtoolkit.localhost:3000/x', 'http://acme.ragtoolkit.localhost:3000/x'],
  ])('lets the address %j on one of our hosts through', (address, result) => {
    expect(safeReturnUrl(address, '/fallback')).toBe(result);
  });

  test.each([
    '',
    null,
    undefined,
    'traces',
    '?a=1',
    '#a',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\\evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/\u0000/evil.example',
    'http://evil.example',
    'http:evil.example',
    'http:/evil.example',
    'https://acme.ragtoolkit.localhost:3000/',
    'http://acme.ragtoolkit.localhost:3001/',
    'http://acme.ragtoolkit.localhost/',
    'http://ragtoolkit.localhost:3000@evil.example/',
    'http://user@acme.ragtoolkit.localhost:3000/',
    'http://user:word@acme.ragtoolkit.localhost:3000/',
    'http://:word@acme.ragtoolkit.localhost:3000/',
    'http://ragtoolkit.localhost:3000.evil.example/',
    'http://evilragtoolkit.localhost:3000/',
    'http://ragtoolkit.localhost.:3000/',
    'javascript:alert(1)',
    'JavaScript://acme.ragtoolkit.localhost:3000/%0aalert(1)',
    'data:text/html,x',
    'ftp://acme.ragtoolkit.localhost:3000/',
    'blob:http://acme.ragtoolkit.localhost:3000/x',
    'http://',
    'http://[',
  ])('answers %j with the fallback', (candidate) => {
    expect(safeReturnUrl(candidate, '/fallback')).toBe('/fallback');
  });

  test('answers a parameter that was given twice with the fallback', () => {
    const twice = ['/traces', '/traces'] as unknown as string; // what Next hands a page for ?next=/traces&next=/traces
    expect(safeReturnUrl(twice, '/fallback')).toBe('/fallback');
  });
});
