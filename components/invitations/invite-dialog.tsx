'use client';

import { UserPlusIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useRef, useState } from 'react';
import { toast } from 'sonner';
import { InviteListForm } from '@/components/invitations/invite-list-form';
import { InviteOneForm } from '@/components/invitations/invite-one-form';
import { ListOutcome } from '@/components/invitations/list-outcome';
import type { Known } from '@/components/invitations/preview';
import { HEADING_ID } from '@/components/members/heading';
import { Button } from '@/components/ui/button';
import { Dialog, DialogContent, DialogDescription, DialogHeader, DialogTitle } from '@/components/ui/dialog';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs';
import type { InvitedList } from '@/lib/workflows/invitations/schema';

const OpenDialog = createContext<(opener: HTMLElement) => void>(() => {});

/** Holds the dialog in which people are invited, above the buttons that open it: the last seat taken, they are gone. */
export function InviteScope({ children, ...known }: Known & { children: ReactNode }) {
  const router = useRouter();
  const opener = useRef<HTMLElement>(null);
  const [open, setOpen] = useState(false);
  const [pending, setPending] = useState(false);
  const [outcome, setOutcome] = useState<InvitedList | null>(null);
  const close = () => setOpen(false);
  const forms = { pending, onPending: setPending, onCancel: close };

  return (
    <OpenDialog
      value={(element) => {
        opener.current = element;
        setOutcome(null);
        setOpen(true);
      }}
    >
      {children}
      <Dialog open={open} onOpenChange={(wanted) => !wanted && !pending && close()}>
        <DialogContent
          className="sm:max-w-xl [&>*]:min-w-0"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            const back = opener.current?.isConnected ? opener.current : document.getElementById(HEADING_ID);
            back?.focus();
          }}
        >
          {outcome ? (
            <ListOutcome outcome={outcome} onDone={close} />
          ) : (
            <>
              <DialogHeader className="pr-6 text-left">
                <DialogTitle>Invite people</DialogTitle>
                <DialogDescription>
                  Each gets a mail with a link that works for seven days, for their address alone.
                </DialogDescription>
              </DialogHeader>
              <Tabs defaultValue="one" className="gap-4">
                <TabsList>
                  <TabsTrigger value="one" disabled={pending}>
                    One person
                  </TabsTrigger>
                  <TabsTrigger value="list" disabled={pending}>
                    A list
                  </TabsTrigger>
                </TabsList>
                {/* Both stay: who looks at the other tab loses nothing that was typed. */}
                <TabsContent value="one" forceMount className="data-[state=inactive]:hidden">
                  <InviteOneForm
                    {...forms}
                    onInvited={(email) => {
                      toast.success(`${email} is invited.`);
                      close();
                      router.refresh();
                    }}
                  />
                </TabsContent>
                <TabsContent value="list" forceMount className="data-[state=inactive]:hidden">
                  <InviteListForm
                    {...forms}
                    known={known}
                    onInvited={(result) => {
                      setOutcome(result);
                      router.refresh();
                    }}
                  />
                </TabsContent>
              </Tabs>
            </>
          )}
        </DialogContent>
      </Dialog>
    </OpenDialog>
  );
}

/** Opens the dialog of the scope it stands in. */
export function InviteButton({ children }: { children: ReactNode }) {
  const open = useContext(OpenDialog);
  return (
    <Button type="button" aria-haspopup="dialog" onClick={(event) => open(event.currentTarget)}>
      <UserPlusIcon aria-hidden="true" />
      {children}
    </Button>
  );
}
