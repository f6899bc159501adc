import { env } from '@/lib/env';

/**
 * Addresses of people whom the environment makes operators: those who have confirmed that the address is theirs, and
 * nobody else.
 */
export function namedOperators(): string[] {
  return [...env().operatorEmails];
}
