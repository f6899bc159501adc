import { z } from 'zod';
import { parseHost, urlOf } from '@/lib/gateway/hosts';
import { publicEndpoint } from '@/lib/http/endpoint';
import { findTenantBySlug } from '@/lib/tenancy/directory';
import { version } from '@/package.json';

/** What the clients of the 0.3 API read when they start. */
export const GET = publicEndpoint({
  summary: 'What a client should know before it has a key',
  description:
    'The API’s address for this host, the project that traces belong to when they name none, and what is served.',
  tag: 'Meta',
  route: '/api/config',
  limit: 'caller',
  response: z.object({
    api_url: z.url().describe('Without a slash at its end: `<api_url>/api/v1/traces`.'),
    project: z.string(),
    version: z.string(),
    features: z.object({ traces: z.boolean(), evaluations: z.boolean(), feedback: z.boolean() }),
  }),
  handler: async (_input, { host }) => {
    const meaning = parseHost(host);
    const tenant = meaning.surface === 'tenant' ? await findTenantBySlug(meaning.slug) : null;
    return {
      api_url: urlOf(tenant ?? 'site', ''),
      project: 'default',
      version,
      features: { traces: true, evaluations: true, feedback: true },
    };
  },
});
