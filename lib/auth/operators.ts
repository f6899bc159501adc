import { and, inArray, isNotNull, or, type SQL, sql } from 'drizzle-orm';
import { users } from '@/db/schema/people';
import { env } from '@/lib/env';

/**
 * Addresses of people whom the environment makes operators: those who have confirmed that the address is theirs, and
 * nobody else.
 */
export function namedOperators(): string[] {
  return [...env().operatorEmails];
}

/** In a query of `users`: whether the environment names the person, by an address that they have confirmed. */
export function isNamedOperator(): SQL<boolean> {
  const named = namedOperators();
  const isNamed = named.length > 0 && and(inArray(users.email, named), isNotNull(users.emailVerifiedAt));
  return sql<boolean>`(${isNamed || sql`false`})`;
}

/** In a query of `users`: whether the person is an operator now. Whatever an operator may do hangs on it, each time anew. */
export function isOperatorNow(): SQL<boolean> {
  return sql<boolean>`(${or(sql`${users.isOperator}`, isNamedOperator())})`;
}
