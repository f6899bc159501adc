import NextAuth from 'next-auth';
import { nextAuthOptions } from '@/lib/auth/next-auth';

type Route = { params: Promise<{ nextauth: string[] }> };

function handler(request: Request, route: Route): Promise<Response> {
  return NextAuth(request as never, route as never, nextAuthOptions());
}

export { handler as GET, handler as POST };
