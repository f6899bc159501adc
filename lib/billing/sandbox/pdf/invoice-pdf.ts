import type Stripe from 'stripe';
import { money } from '../engine/lines';
import { PAGE, PdfDocument, wrap } from './document';

const LEFT = 50;
const RIGHT = PAGE.width - 50;
const BOTTOM = PAGE.height - 70;
const DESCRIPTION_WIDTH = 300;

/** An invoice on paper. */
export function invoicePdf(invoice: Stripe.Invoice, seller: string): Buffer {
  const pdf = new PdfDocument();
  const { currency } = invoice;
  footer(pdf);
  pdf.text(LEFT, 70, 'Invoice', { size: 22, face: 'bold' });
  pdf.text(RIGHT, 70, seller, { size: 12, face: 'bold', align: 'right' });
  let y = 100;
  const facts: [string, string][] = [
    ['Invoice number', invoice.number ?? 'draft'],
    ['Date of issue', day(invoice.effective_at ?? invoice.created)],
    ...(invoice.due_date !== null ? [['Date due', day(invoice.due_date)] as [string, string]] : []),
    ['Bill to', invoice.customer_name ?? invoice.customer_email ?? String(invoice.customer)],
    ...(invoice.customer_name && invoice.customer_email
      ? [['', invoice.customer_email] as [string, string]]
      : []),
    ['Status', invoice.status ?? ''],
  ];
  for (const [name, value] of facts) {
    pdf.text(LEFT, y, name, { grey: true });
    for (const part of wrap(value, 10, 330)) {
      pdf.text(LEFT + 100, y, part);
      y += 15;
    }
  }
  y += 20;
  pdf.text(LEFT, y, headline(invoice), { size: 16, face: 'bold' });
  y = head(pdf, y + 35);
  for (const line of invoice.lines.data) {
    const parts = wrap(line.description ?? 'Item', 10, DESCRIPTION_WIDTH);
    if (y + parts.length * 14 + 20 > BOTTOM) y = nextPage(pdf);
    pdf.text(RIGHT - 110, y, line.quantity === null ? '' : line.quantity.toLocaleString('en-US'), {
      align: 'right',
    });
    pdf.text(RIGHT, y, money(line.amount, currency), { align: 'right' });
    for (const part of parts) {
      pdf.text(LEFT, y, part);
      y += 14;
    }
    if (line.period.end > line.period.start) {
      pdf.text(LEFT, y, `${day(line.period.start)} – ${day(line.period.end)}`, { size: 8, grey: true });
      y += 12;
    }
    pdf.line(LEFT, y, RIGHT);
    y += 18;
  }
  if (y + 110 > BOTTOM) y = nextPage(pdf);
  for (const [name, amount, isBold] of sums(invoice)) {
    const face = isBold ? ('bold' as const) : ('regular' as const);
    pdf.text(RIGHT - 200, y, name, { face });
    pdf.text(RIGHT, y, money(amount, currency), { align: 'right', face });
    y += 18;
  }
  return pdf.toBuffer(`Invoice ${invoice.number ?? ''}`);
}

function headline(invoice: Stripe.Invoice): string {
  const {
    currency,
    status_transitions: { paid_at: paid },
  } = invoice;
  if (paid !== null) return `${money(invoice.amount_due, currency)} paid on ${day(paid)}`;
  const by = invoice.due_date === null ? '' : ` by ${day(invoice.due_date)}`;
  return `${money(invoice.amount_due, currency)} due${by}`;
}

function sums(invoice: Stripe.Invoice): [string, number, boolean][] {
  const discount = (invoice.total_discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0);
  const credit = invoice.amount_due - invoice.total;
  return [
    ['Subtotal', invoice.subtotal, false],
    ...(discount === 0 ? [] : [['Discount', -discount, false] as [string, number, boolean]]),
    ['Total', invoice.total, credit === 0],
    ...(credit === 0 ? [] : [['Balance', credit, false] as [string, number, boolean]]),
    ['Amount due', invoice.amount_due, true],
    ...(invoice.amount_paid > 0
      ? [['Amount paid', invoice.amount_paid, false] as [string, number, boolean]]
      : []),
  ];
}

function head(pdf: PdfDocument, y: number): number {
  pdf.text(LEFT, y, 'Description', { size: 9, grey: true });
  pdf.text(RIGHT - 110, y, 'Quantity', { size: 9, grey: true, align: 'right' });
  pdf.text(RIGHT, y, 'Amount', { size: 9, grey: true, align: 'right' });
  pdf.line(LEFT, y + 8, RIGHT);
  return y + 26;
}

function nextPage(pdf: PdfDocument): number {
  pdf.addPage();
  footer(pdf);
  return head(pdf, 70);
}

function footer(pdf: PdfDocument): void {
  pdf.text(LEFT, PAGE.height - 40, 'Sandbox: this is not a real invoice. No real money moves.', {
    size: 8,
    grey: true,
  });
}

function day(at: number): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' }).format(at * 1_000);
}
