import { expect, test } from 'vitest';
import { toFrameDocument } from '@/components/mail/mail-frame';

test('a mail’s frame has its policy before everything that the mail says', () => {
  const framed = toFrameDocument('\n<!DOCTYPE html><html><head><script>alert(1)</script></head></html>');
  expect(framed.indexOf("default-src 'none'")).toBeLessThan(framed.indexOf('<script>'));
  expect(framed.match(/<!doctype/gi)).toHaveLength(1);
  expect(framed).toContain('<base target="_blank">');
});
