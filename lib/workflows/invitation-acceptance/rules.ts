/** The one answer for a link that is unknown, expired, used or taken back, or whose workspace is closed. */
export const UNUSABLE =
  'This invitation cannot be used any more. Ask who invited you to send it again, and use the newest mail.';

/** Whether a text may be a mailed link's token: 32 bytes in base64url. Others are asked of nobody. */
export function isToken(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}
