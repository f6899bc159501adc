import { createTransport } from 'nodemailer';
import type { Mail } from './outbox';

/** Sends one mail. `id` is its row's. Rejects with the error of the mail library. */
export type Transport = (mail: Mail & { id: string }) => Promise<void>;

/** In milliseconds: to connect, for an answer to each command, and for the whole mail. */
export type Timeouts = { connect: number; answer: number; whole: number };

const usual: Timeouts = { connect: 10_000, answer: 30_000, whole: 60_000 };
/** No list, no quote, no second line: an address that could be read as several is refused before it is sent. */
const ADDRESS = /^[^\s<>()[\]\\,;:"@\p{Cc}]+@[^\s<>()[\]\\,;:"@\p{Cc}]+$/u;

/**
 * A transport to the server of an SMTP URL. Each mail has a connection of its own. Where the URL carries a password it is
 * given over TLS alone, unless the server is on this machine. A mail's Message-ID is made of its row's id, so that one
 * that was sent twice (a process died before it could write that down) is seen as one.
 */
export function smtpTransport(url: string, from: string, timeouts: Timeouts = usual): Transport {
  const { username, hostname } = new URL(url);
  const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  const transporter = createTransport({
    url,
    requireTLS: username !== '' && !isHere && url.startsWith('smtp:'),
    connectionTimeout: timeouts.connect,
    dnsTimeout: timeouts.connect,
    greetingTimeout: timeouts.answer,
    socketTimeout: timeouts.answer,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([\w.-]+)/.exec(from)?.[1] ?? 'localhost';
  return async ({ id, to, subject, text, html }) => {
    if (!ADDRESS.test(to)) throw Object.assign(new Error('not one address'), { code: 'EENVELOPE' });
    await transporter.sendMail({
      from,
      to: { name: '', address: to },
      subject,
      text,
      html,
      messageId: `<${id}@${domain}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.timeout(timeouts.whole),
    });
  };
}
