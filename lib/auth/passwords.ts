import { hash, verify } from '@node-rs/argon2';

/** argon2id at OWASP's first recommendation: 19 MiB, 2 passes, 1 lane. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

let decoy: Promise<string> | undefined;

/** The hash to store for a password, with its salt and parameters in it (PHC string). */
export function hashPassword(password: string): Promise<string> {
  return hash(password, parameters);
}

/**
 * Whether a password fits a stored hash. Without a hash (no such person, or none set) the same work is done against a
 * decoy, so that the time of the answer does not tell who has an account.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  decoy ??= hashPassword('the password of nobody');
  const fits = await verify(stored ?? (await decoy), password);
  return fits && stored !== null;
}
