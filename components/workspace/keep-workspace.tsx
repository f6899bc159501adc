'use client';

import { LeaveButton } from '@/components/forms/leave-button';
import { cancelDeletion } from '@/lib/workflows/deletion/actions';

/** The button that undoes a pending deletion and opens the console. */
export function KeepWorkspace() {
  return (
    <LeaveButton act={() => cancelDeletion({})} doing="Keeping it…">
      Keep this workspace
    </LeaveButton>
  );
}
