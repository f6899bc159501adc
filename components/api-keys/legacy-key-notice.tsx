import { KeyRoundIcon } from 'lucide-react';
import Link from 'next/link';
import { RelativeTime } from '@/components/data/relative-time';
import { Alert, AlertDescription, AlertTitle } from '@/components/ui/alert';
import type { LegacyKey } from '@/lib/api-keys/schema';

/**
 * Says that the predecessor's key still opens this workspace, when it was last used, and how to do without it. `keysHref`
 * is where keys are made, for pages that are not that one.
 */
export function LegacyKeyNotice({ legacyKey, keysHref }: { legacyKey: LegacyKey; keysHref?: string }) {
  return (
    <Alert role="note" className="border-traffic-amber/40 bg-traffic-amber-soft">
      <KeyRoundIcon aria-hidden="true" className="text-traffic-amber" />
      <AlertTitle className="line-clamp-none text-traffic-amber">
        This workspace still accepts the key of version 0.3
      </AlertTitle>
      <AlertDescription className="w-full text-foreground">
        <p className="num">
          Whoever holds <code className="font-mono text-xs">RAGTOOLKIT_API_KEY</code> may do all that an admin
          may. It was{' '}
          {legacyKey.lastUsedAt ? (
            <>
              last used <RelativeTime iso={legacyKey.lastUsedAt} className="font-medium" />
              {legacyKey.lastUsedIp && <> from {legacyKey.lastUsedIp}</>}.
            </>
          ) : (
            'not used here yet.'
          )}
        </p>
        <ol className="mt-1 list-decimal space-y-1 pl-4">
          <li>
            {keysHref ? (
              <Link href={keysHref} className="font-medium underline underline-offset-4">
                Create a key
              </Link>
            ) : (
              'Create a key'
            )}{' '}
            for each application, with <code className="font-mono text-xs">traces:write</code> and, where it
            reads, <code className="font-mono text-xs">traces:read</code>.
          </li>
          <li>Put it into the application’s settings where the old key stands. Nothing else changes.</li>
          <li>
            When the old key has not been used for a while, remove{' '}
            <code className="font-mono text-xs">RAGTOOLKIT_API_KEY</code> from this installation’s environment
            and restart it. This notice goes with it.
          </li>
        </ol>
      </AlertDescription>
    </Alert>
  );
}
