import { GlobeIcon, type LucideIcon, ServerIcon } from 'lucide-react';
import type { ShownKey } from '@/components/api-keys/key-state';
import { Scopes } from '@/components/api-keys/scopes';
import { Badge } from '@/components/ui/badge';

function Mark({ Icon, title, children }: { Icon: LucideIcon; title: string; children: string }) {
  return (
    <Badge variant="secondary" title={title}>
      <Icon aria-hidden="true" />
      {children}
    </Badge>
  );
}

/** What sets a key apart from the usual ones; nothing for most. */
export function KeyMarks({ apiKey: { kind, isService } }: { apiKey: ShownKey }) {
  if (kind === 'secret' && !isService) return null;
  return (
    <span className="mt-1 flex flex-wrap gap-1">
      {kind === 'publish' && (
        <Mark Icon={GlobeIcon} title="May stand in a web page: it sends feedback, and can read nothing">
          Publish
        </Mark>
      )}
      {isService && (
        <Mark Icon={ServerIcon} title="The workspace’s own: it does not end with its creator’s membership">
          Service
        </Mark>
      )}
    </span>
  );
}

/** A key's scopes, with what bounds them now. */
export function KeyScopes({ apiKey: { scopes, isBounded, createdBy, creatorRole } }: { apiKey: ShownKey }) {
  return (
    <>
      <Scopes scopes={scopes} />
      {isBounded && (
        <span className="mt-1 block text-xs text-traffic-amber">
          only what {createdBy ?? 'its creator'} may as {creatorRole}
        </span>
      )}
    </>
  );
}
