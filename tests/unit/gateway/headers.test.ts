import { describe, expect, test } from 'vitest';
import { contentSecurityPolicy, securityHeaders } from '@/lib/gateway/headers';

describe('securityHeaders', () => {
  test('pins https where the scheme is https, and nowhere else', () => {
    expect(securityHeaders('https')).toHaveProperty('strict-transport-security');
    expect(securityHeaders('http')).not.toHaveProperty('strict-transport-security');
  });

  test('keep content types, frames and referrers in check', () => {
    expect(securityHeaders('http')).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': expect.stringContaining('origin'),
    });
  });
});

describe('contentSecurityPolicy', () => {
  const directives = (mode: 'development' | 'production') =>
    new Map(
      contentSecurityPolicy('abc', mode)
        .split('; ')
        .map((directive) => {
          const [name = '', ...values] = directive.split(' ');
          return [name, values] as const;
        }),
    );

  test('lets scripts run with this answer’s nonce only', () => {
    const scripts = directives('production').get('script-src');
    expect(scripts).toContain("'nonce-abc'");
    expect(scripts).not.toContain("'unsafe-inline'");
    expect(scripts).not.toContain("'unsafe-eval'");
  });

  test('lets the development server evaluate code', () => {
    expect(directives('development').get('script-src')).toContain("'unsafe-eval'");
  });

  test('closes plugins, base addresses, frames and forms to elsewhere', () => {
    const production = directives('production');
    expect(production.get('object-src')).toEqual(["'none'"]);
    expect(production.get('base-uri')).toEqual(["'none'"]);
    expect(production.get('frame-ancestors')).toEqual(["'none'"]);
    expect(production.get('form-action')).toEqual(["'self'"]);
  });
});
