import { z } from 'zod';
import { publicEndpoint } from '@/lib/http/endpoint';
import { toOpenApi } from '@/lib/http/openapi';
import { version } from '@/package.json';
import { documentedRoutes } from './routes';

export const GET = publicEndpoint({
  summary: 'This document',
  tag: 'Meta',
  route: '/api/v1/openapi.json',
  limit: 'caller',
  response: z.record(z.string(), z.unknown()),
  handler: async () => toOpenApi(documentedRoutes, { version }),
});
