import { describe, expect, test } from 'vitest';
import { html } from '@/lib/billing/sandbox/pages/html';

describe('markup', () => {
  test('escapes every value, also in lists and attributes', () => {
    const evil = `<img src=x onerror="alert('1')">&`;
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;';
    expect(html`<a title="${evil}">${[evil, html`<b>${evil}</b>`]}</a>`.text).toBe(
      `<a title="${escaped}">${escaped}<b>${escaped}</b></a>`,
    );
  });

  test('leaves out what there is not, but not a zero', () => {
    expect(html`${null}${undefined}${false}${0}`.text).toBe('0');
  });
});
