'use client';

import { PlusIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useRef, useState } from 'react';
import { CreateKeyForm } from '@/components/api-keys/create-key-form';
import { HEADING_ID } from '@/components/api-keys/key-state';
import { ShownOnce } from '@/components/api-keys/shown-once';
import { Button } from '@/components/ui/button';
import { Dialog, DialogContent } from '@/components/ui/dialog';
import type { CreatedApiKey } from '@/lib/api-keys/schema';

const OpenDialog = createContext<(opener: HTMLElement) => void>(() => {});

/**
 * Holds the dialog in which a key is made, above everything that a refreshed list may replace: the new key is only in
 * this state, and a dialog inside the empty page would vanish with it. `url` is where traces are sent.
 */
export function CreateKeyScope({ url, children }: { url: string; children: ReactNode }) {
  const router = useRouter();
  const opener = useRef<HTMLElement>(null);
  const [open, setOpen] = useState(false);
  const [pending, setPending] = useState(false);
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const [stored, setStored] = useState(false);
  const [asking, setAsking] = useState(false);

  function close() {
    setOpen(false);
    setAsking(false);
  }

  /** Escape, a click outside, the cross: refused while the server answers, questioned while the key is in danger. */
  function requestClose() {
    if (pending) return;
    if (created && !stored) setAsking(true);
    else close();
  }

  return (
    <OpenDialog
      value={(element) => {
        opener.current = element;
        setStored(false);
        setOpen(true);
      }}
    >
      {children}
      <Dialog open={open} onOpenChange={(wanted) => !wanted && requestClose()}>
        <DialogContent
          className="sm:max-w-xl [&>*]:min-w-0"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            setCreated(null);
            const back = opener.current?.isConnected ? opener.current : document.getElementById(HEADING_ID);
            back?.focus();
          }}
        >
          {created ? (
            <ShownOnce
              created={created}
              url={url}
              asking={asking}
              onStored={() => setStored(true)}
              onKeepOpen={() => setAsking(false)}
              onDone={close}
            />
          ) : (
            <CreateKeyForm
              pending={pending}
              onPending={setPending}
              onCancel={close}
              onCreated={(key) => {
                setCreated(key);
                router.refresh();
              }}
            />
          )}
        </DialogContent>
      </Dialog>
    </OpenDialog>
  );
}

/** Opens the dialog of the scope it stands in. */
export function CreateKeyButton({ children }: { children: ReactNode }) {
  const open = useContext(OpenDialog);
  return (
    <Button type="button" aria-haspopup="dialog" onClick={(event) => open(event.currentTarget)}>
      <PlusIcon aria-hidden="true" />
      {children}
    </Button>
  );
}
