import { curlCommand } from '@/components/setup/snippets';
import type { CreatedApiKey } from '@/lib/api-keys/schema';

type Sample = { title: string; label: string; code: string };

/** A request that the key may make, to be copied; null for one whose scopes have none to show. */
export function requestWith(
  { key, kind, scopes }: Pick<CreatedApiKey, 'key' | 'kind' | 'scopes'>,
  origin: string,
): Sample | null {
  const has = (scope: string) => scopes.includes(scope) || scopes.includes('admin');
  if (kind === 'publish')
    return { title: 'Send feedback with it', label: 'JavaScript', code: feedbackCall(key, origin) };
  if (has('traces:write'))
    return {
      title: 'Send a trace with it',
      label: 'Terminal',
      code: curlCommand({ origin, apiKey: key }),
    };
  if (has('traces:read'))
    return {
      title: 'Read traces with it',
      label: 'Terminal',
      code: `curl '${origin}/api/v1/traces' \\\n  -H 'Authorization: Bearer ${key}'`,
    };
  return null;
}

/** What a page does when somebody likes an answer. `traceId` is what the page knows of the trace. */
function feedbackCall(key: string, origin: string): string {
  return `await fetch(\`${origin}/api/v1/traces/\${encodeURIComponent(traceId)}/feedback\`, {
  method: 'POST',
  headers: {
    'authorization': 'Bearer ${key}',
    'content-type': 'application/json',
  },
  body: JSON.stringify({ thumbs: 'up' }),
});`;
}
