'use client';

import { type Outcome, TypedConfirmation } from '@/components/forms/typed-confirmation';
import { Button } from '@/components/ui/button';
import { requestDeletion } from '@/lib/workflows/deletion/actions';

/** A button that asks for the workspace to be deleted, once its address has been typed. */
export function DeleteWorkspace({ name, slug }: { name: string; slug: string }) {
  async function ask(typed: string): Promise<Outcome> {
    const result = await requestDeletion({ slug: typed });
    if (!result.ok) return { done: false, failure: result.error.message };
    window.location.assign('/');
    return { done: true, leaving: true };
  }

  return (
    <TypedConfirmation
      trigger={
        <Button type="button" variant="outline" className="text-destructive hover:text-destructive">
          Delete workspace
        </Button>
      }
      title={`Delete ${name}?`}
      description="The console closes and API keys are refused at once. For seven days any admin can undo it; then all traces, people and keys of this workspace are erased for good."
      label="Type the workspace’s address to confirm"
      expected={slug}
      mistake="That is not its address."
      verb="Delete workspace"
      doing="Deleting…"
      unreachable="The server could not be reached. Reload the page to see whether the workspace is closed."
      onConfirm={ask}
    />
  );
}
