import { type NextRequest, NextResponse } from 'next/server';
import { sessionCookie } from '@/lib/auth/session-cookie';
import { env } from '@/lib/env';
import { errorCodes } from '@/lib/errors';
import { decide } from '@/lib/gateway/decide';
import { refuseAtDoor } from '@/lib/gateway/door';
import { contentSecurityPolicy, internalHeaders, securityHeaders } from '@/lib/gateway/headers';
import { clientOf } from '@/lib/http/client';

/**
 * The gateway before pages, server actions and next-auth. API routes are left out: `endpoint()` does the gateway's part
 * for them, because a middleware costs as much again as the route and cuts bodies at 10 MB.
 */
export const config = {
  runtime: 'nodejs',
  matcher: [
    '/((?!_next/|__nextjs|api/(?!auth/)|v1/traces$|health$|icon.svg$|screenshots/|sdk/|favicon.ico$|robots.txt$).*)',
  ],
};

export async function middleware(request: NextRequest): Promise<NextResponse> {
  const { pathname, search } = request.nextUrl;
  const { headers: sent } = request;
  const refusal = await refuseAtDoor({
    path: pathname,
    host: sent.get('host'),
    authorization: sent.get('authorization'),
    apiKey: sent.get('x-api-key'),
    cookie: sent.get('cookie'),
    contentType: sent.get('content-type'),
    action: sent.get('next-action'),
    ip: clientOf(sent).ip,
  });
  if (refusal) {
    const { body, ...rest } = refusal;
    return new NextResponse(typeof body === 'string' ? body : new Uint8Array(body), rest);
  }
  const decision = await decide({
    host: request.headers.get('host'),
    path: pathname,
    search,
    method: request.method,
    origin: request.headers.get('origin'),
    hasSessionCookie: request.cookies.has(sessionCookie().name),
  });

  const nonce = crypto.randomUUID().replaceAll('-', '');
  const policy = contentSecurityPolicy(nonce, env().mode, {
    embedsCheckout:
      env().stripe?.publishableKey !== undefined && decision.kind === 'page' && decision.tenant !== null,
  });
  const answer = (response: NextResponse) => {
    for (const [name, value] of Object.entries(securityHeaders(env().scheme)))
      response.headers.set(name, value);
    response.headers.set('content-security-policy', policy);
    return response;
  };

  if (decision.kind === 'redirect') {
    const response = NextResponse.redirect(decision.url, 308);
    response.headers.set('cache-control', 'no-store'); // a workspace may go back to the address it left
    return answer(response);
  }
  if (decision.kind === 'foreign')
    return answer(
      new NextResponse('Not found\n', { status: 404, headers: { 'content-type': 'text/plain' } }),
    );
  if (decision.kind === 'refuse') {
    const { status, message } = errorCodes[decision.code];
    return answer(NextResponse.json({ error: { code: decision.code, message } }, { status }));
  }

  const headers = new Headers(request.headers);
  // What links and cookies are built from, whatever the client or a proxy has said.
  headers.set('x-forwarded-host', decision.host);
  headers.set('x-forwarded-proto', env().scheme);
  headers.set(internalHeaders.path, pathname + search);
  headers.set(internalHeaders.nonce, nonce);
  headers.set('content-security-policy', policy); // where Next finds the nonce for its own scripts
  if (decision.kind === 'auth') return answer(NextResponse.next({ request: { headers } }));
  const url = request.nextUrl.clone();
  url.pathname = decision.path;
  return answer(NextResponse.rewrite(url, { request: { headers } }));
}
