/** Days in which a workspace made through the API must be confirmed by mail; after that it is erased. */
export const CONFIRMATION_DAYS = 7;

/** How long the mailed link works, in seconds. Afterwards one asks for a sign-in link at cloud, as always. */
export const LINK_MAX_AGE = 24 * 60 * 60;

/** A name to start with for somebody of whom only the address is known: what stands before the @. */
export function nameFromEmail(email: string): string {
  return email.slice(0, Math.max(1, email.lastIndexOf('@'))).slice(0, 80);
}
