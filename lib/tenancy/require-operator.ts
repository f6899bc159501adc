import 'server-only';
import { headers } from 'next/headers';
import { notFound } from 'next/navigation';
import { cache } from 'react';
import { readOperatorSession, type Session } from '@/lib/auth/sessions';
import { parseHost } from '@/lib/gateway/hosts';
import { annotateRequest, currentRequestId } from '@/lib/log';
import { describeOperator, type OperatorContext } from './context';
import { pageRoute, requestedPath, sessionCookieValue } from './require-tenant';

/** What a page of the operator's console is made for: the context of its queries, and who looks at it. */
export type OperatorPage = OperatorContext & { session: Session };

/** The operator who is signed in, at cloud, or null: one query a request, though layout and page both ask. */
export const currentOperator = cache(async (): Promise<OperatorPage | null> => {
  if (parseHost((await headers()).get('host')).surface !== 'cloud') return null;
  const session = await readOperatorSession(await sessionCookieValue());
  if (!session) return null;
  const { userId: id, email, sessionId } = session;
  return { operator: { kind: 'user', id, email, sessionId }, requestId: currentRequestId(), session };
});

/**
 * Begins every page of the operator's console. For everybody else, whoever is not signed in included, there is no such
 * page: 404.
 */
export async function requireOperator(): Promise<OperatorPage> {
  const page = await currentOperator();
  if (!page) notFound();
  annotateRequest({ actor: describeOperator(page.operator), route: pageRoute(await requestedPath()) });
  return page;
}
