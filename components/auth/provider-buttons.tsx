import type { ReactNode } from 'react';
import { ProviderIcon } from '@/components/auth/provider-icon';
import { Button } from '@/components/ui/button';
import type { ProviderLink } from '@/lib/auth/schema';

/** One button for each provider that is set up, and beside them what else is a way in. */
export function ProviderButtons({ providers }: { providers: readonly ProviderLink[] }) {
  return providers.map(({ id, name, href }) => (
    <Button key={id} asChild variant="outline" className="w-full">
      <a href={href}>
        <ProviderIcon id={id} className="size-4" />
        Continue with {name}
      </a>
    </Button>
  ));
}

/** A line with a word in its middle, between one way and another. */
export function Or({ children = 'or' }: { children?: ReactNode }) {
  return (
    <div className="my-4 flex items-center gap-3 text-xs text-muted-foreground before:h-px before:flex-1 before:bg-border after:h-px after:flex-1 after:bg-border">
      {children}
    </div>
  );
}
