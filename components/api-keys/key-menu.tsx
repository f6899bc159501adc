'use client';

import { BanIcon, EllipsisIcon, PencilIcon, RefreshCwIcon, ServerIcon } from 'lucide-react';
import { useRef } from 'react';
import { useKeyDialogs } from '@/components/api-keys/key-dialogs';
import { type ShownKey, works } from '@/components/api-keys/key-state';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';

/** What can be done about a key. */
export function KeyMenu({ apiKey, canManage }: { apiKey: ShownKey; canManage: boolean }) {
  const open = useKeyDialogs();
  const trigger = useRef<HTMLButtonElement>(null);
  const ask = (what: 'rename' | 'rotate' | 'service' | 'revoke') => () =>
    open({ what, key: apiKey }, trigger.current);
  const isAlive = works(apiKey);

  return (
    <DropdownMenu modal={false}>
      <DropdownMenuTrigger asChild>
        <Button
          ref={trigger}
          type="button"
          variant="ghost"
          size="icon-sm"
          aria-label={`Actions for ${apiKey.name}`}
        >
          <EllipsisIcon aria-hidden="true" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        {isAlive && !apiKey.replacedBy && (
          <DropdownMenuItem onSelect={ask('rotate')}>
            <RefreshCwIcon aria-hidden="true" />
            Rotate…
          </DropdownMenuItem>
        )}
        <DropdownMenuItem onSelect={ask('rename')}>
          <PencilIcon aria-hidden="true" />
          Rename…
        </DropdownMenuItem>
        {canManage && (apiKey.isService ? apiKey.creatorRole !== null : apiKey.state !== 'expired') && (
          <DropdownMenuItem onSelect={ask('service')}>
            <ServerIcon aria-hidden="true" />
            {apiKey.isService ? 'End service key…' : 'Make service key…'}
          </DropdownMenuItem>
        )}
        <DropdownMenuSeparator />
        <DropdownMenuItem variant="destructive" onSelect={ask('revoke')}>
          <BanIcon aria-hidden="true" />
          Revoke…
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
