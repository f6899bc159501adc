/** A few pages of text and lines as a PDF: the two faces of Helvetica that every reader has, and nothing to embed. */

type Face = 'regular' | 'bold';
type Options = { size?: number; face?: Face; align?: 'left' | 'right'; grey?: boolean };

/** A4 in points. */
export const PAGE = { width: 595, height: 842 };

/** Widths of Helvetica in thousandths of its size, for the characters from space to tilde. */
const WIDTHS =
  '278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584'
    .split(' ')
    .map(Number);

/** Characters of WinAnsi that are not where Unicode has them. */
const WIN_ANSI: Record<string, number> = {
  '€': 0x80,
  '…': 0x85,
  '‘': 0x91,
  '’': 0x92,
  '“': 0x93,
  '”': 0x94,
  '•': 0x95,
  '–': 0x96,
  '—': 0x97,
};

/** How wide a text is, in points. Bold is taken as a tenth wider. */
export function widthOf(text: string, size: number, face: Face = 'regular'): number {
  const units = [...text].reduce((sum, char) => sum + (WIDTHS[(char.codePointAt(0) ?? 0) - 32] ?? 556), 0);
  return (units * size * (face === 'bold' ? 1.1 : 1)) / 1_000;
}

/** A text in lines that are no wider than `width`. A word that is too long by itself is cut. */
export function wrap(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line ? `${line} ${word}` : word;
    if (widthOf(longer, size) <= width) {
      line = longer;
      continue;
    }
    if (line) lines.push(line);
    line = word;
    while (widthOf(line, size) > width) {
      let end = line.length - 1;
      while (end > 1 && widthOf(line.slice(0, end), size) > width) end--;
      lines.push(line.slice(0, end));
      line = line.slice(end);
    }
  }
  return line ? [...lines, line] : lines;
}

/** Collects pages, and writes them. Distances are from the left and from the top, in points. */
export class PdfDocument {
  private readonly pages: string[][] = [[]];

  addPage(): void {
    this.pages.push([]);
  }

  text(
    x: number,
    y: number,
    text: string,
    { size = 10, face = 'regular', align = 'left', grey }: Options = {},
  ): void {
    const left = align === 'right' ? x - widthOf(text, size, face) : x;
    this.draw(
      `${grey ? '0.4 0.4 0.45' : '0.1 0.1 0.15'} rg BT /${face === 'bold' ? 'B' : 'R'} ${size} Tf ${point(left, y)} Td (${escapeText(text)}) Tj ET`,
    );
  }

  line(x: number, y: number, to: number): void {
    this.draw(`0.85 0.87 0.9 RG 0.7 w ${point(x, y)} m ${point(to, y)} l S`);
  }

  /** The bytes of the file. */
  toBuffer(title: string): Buffer {
    const count = this.pages.length;
    const pageIds = this.pages.map((_, index) => 6 + index * 2);
    const objects = [
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Count ${count} /Kids [${pageIds.map((id) => `${id} 0 R`).join(' ')}] >>`,
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>',
      `<< /Title (${escapeText(title)}) /Producer (Sandbox) >>`,
      ...this.pages.flatMap((page, index) => {
        const content = page.join('\n');
        return [
          `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] /Resources << /Font << /R 3 0 R /B 4 0 R >> >> /Contents ${(pageIds[index] ?? 0) + 1} 0 R >>`,
          `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
        ];
      }),
    ];
    return assemble(objects);
  }

  private draw(operation: string): void {
    this.pages.at(-1)?.push(operation);
  }
}

function assemble(objects: string[]): Buffer {
  let file = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n';
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = file.length;
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  // One byte for each character: the text holds nothing above 255.
  return Buffer.from(file, 'latin1');
}

function point(x: number, y: number): string {
  return `${x.toFixed(2)} ${(PAGE.height - y).toFixed(2)}`;
}

function escapeText(text: string): string {
  return [...text]
    .map((char) => {
      if ('\\()'.includes(char)) return `\\${char}`;
      const code = WIN_ANSI[char] ?? char.codePointAt(0) ?? 63;
      if (code < 32 || code > 255) return '?';
      return String.fromCharCode(code);
    })
    .join('');
}
