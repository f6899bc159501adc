import { z } from 'zod';
import { AppError } from '@/lib/errors';
import { publicEndpoint } from '@/lib/http/endpoint';

/** Every API path that no route has answers with the API's own error, not with a page. */
const notHere = publicEndpoint({
  summary: 'Unknown path',
  tag: 'Meta',
  route: '/api/{path}',
  limit: 'caller',
  response: z.never(),
  handler: async () => {
    throw new AppError('not_found', 'There is no such API route.');
  },
});

export { notHere as DELETE, notHere as GET, notHere as PATCH, notHere as POST, notHere as PUT };
