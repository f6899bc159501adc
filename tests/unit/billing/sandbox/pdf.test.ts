import { describe, expect, test } from 'vitest';
import { PdfDocument, widthOf, wrap } from '@/lib/billing/sandbox/pdf/document';

describe('a PDF', () => {
  test('says where each of its objects begins', () => {
    const pdf = new PdfDocument();
    pdf.text(50, 50, 'Plain (and) odd \\ € text – 漢');
    pdf.addPage();
    pdf.text(50, 50, 'Second page');
    const file = pdf.toBuffer('Invoice A-1').toString('latin1');
    const table = Number(/startxref\n(\d+)\n%%EOF/.exec(file)?.[1]);
    expect(file.slice(table, table + 4)).toBe('xref');
    const places = [...file.slice(table).matchAll(/^(\d{10}) 00000 n /gm)].map((match) => Number(match[1]));
    expect(places.length).toBeGreaterThan(6);
    places.forEach((place, index) => {
      expect(file.slice(place).startsWith(`${index + 1} 0 obj\n`)).toBe(true);
    });
    for (const [, length, content] of file.matchAll(/<< \/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g))
      expect(content).toHaveLength(Number(length));
    expect(file).toContain('/Count 2');
    expect(file).toContain('Plain \\(and\\) odd \\\\ \x80 text \x96 ?');
  });

  test('wraps words, and cuts one that is too long', () => {
    const lines = wrap(`short words and ${'x'.repeat(100)} end`, 10, 100);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.every((line) => widthOf(line, 10) <= 100)).toBe(true);
    expect(lines.join('').replaceAll(' ', '')).toBe(`shortwordsand${'x'.repeat(100)}end`);
  });
});
