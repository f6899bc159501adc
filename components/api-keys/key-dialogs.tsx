'use client';

import { PlusIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useRef, useState } from 'react';
import { CreateKeyForm, type Offer } from '@/components/api-keys/create-key-form';
import { HEADING_ID } from '@/components/api-keys/key-state';
import { RenameKeyForm } from '@/components/api-keys/rename-key-form';
import { RevokeKey } from '@/components/api-keys/revoke-key';
import { RotateKeyForm } from '@/components/api-keys/rotate-key-form';
import { ServiceKeyForm } from '@/components/api-keys/service-key-form';
import { ShownOnce } from '@/components/api-keys/shown-once';
import { Button } from '@/components/ui/button';
import { Dialog, DialogContent } from '@/components/ui/dialog';
import type { ApiKeyRow, CreatedApiKey, Overlap } from '@/lib/api-keys/schema';

/** What a dialog asks about. */
type Question = { what: 'create' } | { what: 'rename' | 'rotate' | 'service' | 'revoke'; key: ApiKeyRow };

type Open = (question: Question, opener: HTMLElement | null) => void;
const OpenDialog = createContext<Open>(() => {});

/** Opens a dialog of the page that it is called on; the focus comes back to `opener` when it closes. */
export function useKeyDialogs(): Open {
  return useContext(OpenDialog);
}

/**
 * Holds the dialogs about keys, above everything that a refreshed list may replace: a new key is only in this state, and
 * a dialog inside a row would vanish with it. `origin` is the address that requests go to.
 */
export function KeyDialogs({
  origin,
  offer,
  canManage,
  children,
}: {
  origin: string;
  offer: Offer;
  canManage: boolean;
  children: ReactNode;
}) {
  const router = useRouter();
  const opener = useRef<HTMLElement>(null);
  const [question, setQuestion] = useState<Question>({ what: 'create' });
  const [open, setOpen] = useState(false);
  const [pending, setPending] = useState(false);
  const [created, setCreated] = useState<{ key: CreatedApiKey; overlap?: Overlap } | null>(null);
  const [stored, setStored] = useState(false);
  const [asking, setAsking] = useState(false);
  const isRevoking = question.what === 'revoke';

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

  function show(key: CreatedApiKey, overlap?: Overlap) {
    setStored(false);
    setCreated(overlap ? { key, overlap } : { key });
    router.refresh();
  }

  const done = () => {
    close();
    router.refresh();
  };
  const form = { pending, onPending: setPending, onCancel: close };

  return (
    <OpenDialog
      value={(asked, element) => {
        opener.current = element;
        setQuestion(asked);
        setOpen(true);
      }}
    >
      {children}
      <Dialog open={open && !isRevoking} onOpenChange={(wanted) => !wanted && requestClose()}>
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
              created={created.key}
              overlap={created.overlap}
              origin={origin}
              asking={asking}
              onStored={() => setStored(true)}
              onKeepOpen={() => setAsking(false)}
              onDone={close}
            />
          ) : question.what === 'create' ? (
            <CreateKeyForm
              {...form}
              offer={offer}
              mayMakeService={canManage}
              onCreated={(key) => show(key)}
            />
          ) : question.what === 'rotate' ? (
            <RotateKeyForm {...form} apiKey={question.key} onRotated={show} />
          ) : question.what === 'rename' ? (
            <RenameKeyForm {...form} apiKey={question.key} onDone={done} />
          ) : question.what === 'service' ? (
            <ServiceKeyForm {...form} apiKey={question.key} onDone={done} />
          ) : null}
        </DialogContent>
      </Dialog>
      {question.what === 'revoke' && (
        <RevokeKey
          key={question.key.id}
          id={question.key.id}
          name={question.key.name}
          shown={open}
          onShown={setOpen}
          onRevoked={() => router.refresh()}
        />
      )}
    </OpenDialog>
  );
}

/** Opens the dialog in which a key is made. */
export function CreateKeyButton({ children }: { children: ReactNode }) {
  const open = useKeyDialogs();
  return (
    <Button
      type="button"
      aria-haspopup="dialog"
      onClick={(event) => open({ what: 'create' }, event.currentTarget)}
    >
      <PlusIcon aria-hidden="true" />
      {children}
    </Button>
  );
}
