import QRCode from 'qrcode';

/** A QR code of a text as a picture that a page can show by itself: a data address of an SVG, black on white. */
export async function toQrCode(text: string): Promise<string> {
  const svg = await QRCode.toString(text, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
