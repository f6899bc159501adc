'use client';

import { PlusIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { CodeBlock } from '@/components/data/code-block';
import { ReasonDialog } from '@/components/operator/reason-dialog';
import { Button } from '@/components/ui/button';
import {
  Dialog,
  DialogContent,
  DialogDescription,
  DialogFooter,
  DialogHeader,
  DialogTitle,
} from '@/components/ui/dialog';
import { createOperatorKey, revokeOperatorKey } from '@/lib/workflows/operators/actions';
import { keyLifetimes } from '@/lib/workflows/operators/schema';

const lifetimes = keyLifetimes.map((days) => ({
  value: String(days),
  label: days === null ? 'until it is revoked' : `${days} days`,
}));

/** A button that makes an operator key, which is shown this once. */
export function CreateOperatorKey({ origin }: { origin: string }) {
  const router = useRouter();
  const [created, setCreated] = useState<{ name: string; key: string } | null>(null);

  function close() {
    setCreated(null);
    router.refresh();
  }

  return (
    <>
      <ReasonDialog
        trigger={
          <>
            <PlusIcon aria-hidden="true" />
            New key
          </>
        }
        variant="default"
        title="New operator key"
        effects={[
          'It may do what you may here, but for entering consoles and making keys.',
          'It ends with your part in running the platform.',
        ]}
        fields={[
          { name: 'name', label: 'Name', hint: 'What it is for.' },
          { name: 'days', label: 'Lives', initial: '90', options: lifetimes },
        ]}
        verb="Make key"
        doing="Making…"
        run={({ name = '', days, reason }) =>
          createOperatorKey({
            name,
            expiresInDays: days === 'null' ? null : (Number(days) as 30 | 90 | 365),
            reason,
          })
        }
        done={null}
        onDone={setCreated}
      />
      <Dialog open={created !== null} onOpenChange={(open) => !open && close()}>
        <DialogContent
          className="sm:max-w-lg [&>*]:min-w-0"
          onInteractOutside={(event) => event.preventDefault()}
        >
          <DialogHeader>
            <DialogTitle className="wrap-anywhere">The key “{created?.name}”</DialogTitle>
            <DialogDescription>It is shown this once: keep it where your script finds it.</DialogDescription>
          </DialogHeader>
          <CodeBlock code={created?.key ?? ''} label="Operator key" />
          <CodeBlock
            code={`curl -sS ${origin}/api/v1/admin/health -H 'Authorization: Bearer ${created?.key ?? ''}'`}
            label="A request with it"
          />
          <DialogFooter>
            <Button type="button" onClick={close}>
              I have kept it
            </Button>
          </DialogFooter>
        </DialogContent>
      </Dialog>
    </>
  );
}

/** A button that ends an operator key. */
export function RevokeOperatorKey({ id, name }: { id: string; name: string }) {
  return (
    <ReasonDialog
      trigger="Revoke"
      size="xs"
      label={`Revoke ${name}`}
      title={`Revoke “${name}”`}
      effects={['Scripts that send it get 404 within 5 seconds. It cannot be undone: make another.']}
      verb="Revoke"
      doing="Revoking…"
      destructive
      run={({ reason }) => revokeOperatorKey({ id, reason })}
      done={`“${name}” is revoked.`}
    />
  );
}
