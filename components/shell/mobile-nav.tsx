'use client';

import { MenuIcon } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { type NavItem, NavLinks } from '@/components/shell/nav-links';
import { Button } from '@/components/ui/button';
import {
  Sheet,
  SheetContent,
  SheetDescription,
  SheetHeader,
  SheetTitle,
  SheetTrigger,
} from '@/components/ui/sheet';

/** A console's navigation on narrow screens: a button that opens it from the left. `children` stand at its foot. */
export function MobileNav({
  title,
  label,
  nav,
  children,
}: {
  title: string;
  label?: string;
  nav: NavItem[];
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Sheet open={open} onOpenChange={setOpen}>
      <SheetTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="Open menu">
          <MenuIcon aria-hidden="true" className="size-5" />
        </Button>
      </SheetTrigger>
      <SheetContent side="left" className="gap-0 bg-sidebar data-[state=open]:duration-200">
        <SheetHeader className="pr-12">
          <SheetTitle className="truncate">{title}</SheetTitle>
          <SheetDescription className="sr-only">Where to go in this console</SheetDescription>
        </SheetHeader>
        <div className="flex-1 overflow-y-auto px-2">
          <NavLinks nav={nav} {...(label ? { label } : {})} onNavigate={() => setOpen(false)} />
        </div>
        <div className="flex flex-col gap-1 border-t border-sidebar-border p-2">{children}</div>
      </SheetContent>
    </Sheet>
  );
}
