import type { NextRequest } from 'next/server';
import { answerSignIn } from '@/lib/auth/next-auth';
import { withRequestLog } from '@/lib/http/endpoint';

type Route = { params: Promise<{ nextauth: string[] }> };

function handler(request: NextRequest, route: Route): Promise<Response> {
  return withRequestLog(request, () => answerSignIn(request, route));
}

export { handler as GET, handler as POST };
