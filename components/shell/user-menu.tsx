'use client';

import { ChevronsUpDownIcon, CircleUserRoundIcon, LogOutIcon } from 'lucide-react';
import { signOut } from '@/components/shell/sign-out';
import { ThemeMenuItems } from '@/components/shell/theme-menu-items';
import { Avatar, AvatarFallback } from '@/components/ui/avatar';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu';
import type { Role, Viewer } from '@/lib/auth/schema';

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase();
}

/** Who is signed in, in which role; their account, theme and sign-out. */
export function UserMenu({ viewer, role, accountUrl }: { viewer: Viewer; role?: Role; accountUrl: string }) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="ghost" className="h-auto w-full justify-start gap-2.5 px-2 py-1.5 has-[>svg]:px-2">
          <Avatar size="sm" aria-hidden="true">
            <AvatarFallback className="bg-primary text-primary-foreground">
              {initials(viewer.name)}
            </AvatarFallback>
          </Avatar>
          <span className="min-w-0 flex-1 truncate text-left">
            <span className="sr-only">Account: </span>
            {viewer.name}
          </span>
          <ChevronsUpDownIcon aria-hidden="true" className="text-muted-foreground" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="w-60 max-w-[calc(100vw-2rem)]">
        <DropdownMenuLabel className="font-normal">
          <span className="flex items-center justify-between gap-2">
            <span className="truncate font-medium">{viewer.name}</span>
            {role && (
              <Badge variant="secondary" className="capitalize">
                {role}
              </Badge>
            )}
          </span>
          <span className="block truncate text-xs text-muted-foreground">{viewer.email}</span>
        </DropdownMenuLabel>
        <DropdownMenuSeparator />
        <DropdownMenuItem asChild>
          <a href={accountUrl}>
            <CircleUserRoundIcon aria-hidden="true" />
            Your account
          </a>
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuLabel className="py-1 text-xs font-normal text-muted-foreground">
          Theme
        </DropdownMenuLabel>
        <ThemeMenuItems />
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => void signOut()}>
          <LogOutIcon aria-hidden="true" />
          Sign out
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
