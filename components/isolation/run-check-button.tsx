'use client';

import { LoaderCircleIcon, ShieldCheckIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useTransition } from 'react';
import { toast } from 'sonner';
import { describeUnreached } from '@/components/forms/describe-unreached';
import { Button } from '@/components/ui/button';
import { runIsolationCheck } from '@/lib/workflows/isolation-canary/actions';

/** Runs the isolation check and shows its result on the page. */
export function RunCheckButton() {
  const router = useRouter();
  const [pending, startTransition] = useTransition();
  const run = () =>
    startTransition(async () => {
      const result = await runIsolationCheck({}).catch(describeUnreached);
      if (typeof result === 'string') toast.error(result);
      else if (!result.ok) toast.error(result.error.message);
      else {
        if (result.data.passed) toast.success('Every attempt was refused.');
        else toast.error('The check has failed. Contact support at once.');
        router.refresh();
      }
    });
  return (
    <Button type="button" size="sm" onClick={run} disabled={pending}>
      {pending ? (
        <LoaderCircleIcon aria-hidden="true" className="animate-spin motion-reduce:animate-none" />
      ) : (
        <ShieldCheckIcon aria-hidden="true" />
      )}
      {pending ? 'Checking…' : 'Check now'}
    </Button>
  );
}
