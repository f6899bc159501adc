'use client';

import { useEffect, useRef } from 'react';
import { plural } from '@/components/data/format';
import { LineList } from '@/components/invitations/line-list';
import { Button } from '@/components/ui/button';
import { DialogDescription, DialogFooter, DialogHeader, DialogTitle } from '@/components/ui/dialog';
import type { InvitedList } from '@/lib/workflows/invitations/schema';

/** What became of a pasted list, line by line. */
export function ListOutcome({ outcome, onDone }: { outcome: InvitedList; onDone: () => void }) {
  const done = useRef<HTMLButtonElement>(null);
  const sent = outcome.lines.filter((line) => line.outcome === 'invited').length;
  const rest = outcome.lines.length - sent;

  // The form that had the focus is gone.
  useEffect(() => {
    done.current?.focus();
  }, []);

  return (
    <>
      <DialogHeader className="pr-6 text-left">
        <DialogTitle className="num leading-snug">
          {sent === 0 ? 'Nobody was invited' : `${plural(sent, 'invitation')} sent`}
        </DialogTitle>
        <DialogDescription className="num">
          {rest === 0
            ? 'Everybody on the list gets a mail.'
            : `${plural(rest, 'line')} of the list ${rest === 1 ? 'was' : 'were'} left out.`}
        </DialogDescription>
      </DialogHeader>
      <LineList lines={outcome.lines} label="What became of the list" />
      <DialogFooter>
        <Button ref={done} type="button" onClick={onDone}>
          Done
        </Button>
      </DialogFooter>
    </>
  );
}
