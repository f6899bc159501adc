'use client';

import { MonitorIcon, SmartphoneIcon } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { BusyButton } from '@/components/account/busy-button';
import { LocalTime } from '@/components/data/local-time';
import { FormError } from '@/components/forms/form-error';
import { useSubmit } from '@/components/forms/use-submit';
import {
  AlertDialog,
  AlertDialogCancel,
  AlertDialogContent,
  AlertDialogDescription,
  AlertDialogFooter,
  AlertDialogHeader,
  AlertDialogTitle,
  AlertDialogTrigger,
} from '@/components/ui/alert-dialog';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import type { SignInMethod } from '@/lib/auth/schema';
import { revokeSession, signOutEverywhere } from '@/lib/workflows/sessions/actions';
import type { SessionRow } from '@/lib/workflows/sessions/schema';

const methods: Record<SignInMethod, string> = {
  password: 'by password',
  link: 'by mailed link',
  github: 'with GitHub',
  google: 'with Google',
  'sign-up': 'by signing up',
  invitation: 'by invitation',
};

/** Where the person is signed in, with the way out of each place and of all. */
export function SessionList({ sessions }: { sessions: SessionRow[] }) {
  const others = sessions.filter(({ isThis }) => !isThis).length;
  return (
    <div className="flex flex-col gap-4">
      <ul className="divide-y rounded-md border">
        {sessions.map((session) => (
          <SessionItem key={session.id} session={session} />
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        {others > 0 && <SignOutAll keepThis />}
        <SignOutAll />
      </div>
    </div>
  );
}

function SessionItem({ session }: { session: SessionRow }) {
  const router = useRouter();
  const form = useSubmit();
  const Icon = session.isPhone ? SmartphoneIcon : MonitorIcon;
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 px-3 py-3 text-sm sm:flex-nowrap">
      <Icon aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-muted-foreground" />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium">{session.device}</span>
          {session.isThis && <Badge variant="secondary">This one</Badge>}
        </p>
        <p className="num mt-0.5 text-xs text-muted-foreground wrap-anywhere">
          Last seen <LocalTime iso={session.lastSeenAt} />
          {session.ip && ` from ${session.ip}`}
        </p>
        <p className="num text-xs text-muted-foreground">
          Signed in <LocalTime iso={session.startedAt} />
          {session.method && ` ${methods[session.method]}`}
        </p>
        {form.failure && <p className="mt-1 text-xs text-destructive">{form.failure}</p>}
      </div>
      {!session.isThis && (
        <BusyButton
          type="button"
          variant="outline"
          size="sm"
          pending={form.pending}
          pendingLabel="Signing out…"
          aria-label={form.pending ? undefined : `Sign out ${session.device}`}
          onClick={async () => {
            if (!(await form.run(() => revokeSession({ id: session.id })))) return;
            toast.success(`${session.device} is signed out.`);
            router.refresh();
            document.getElementById('sessions-title')?.focus();
          }}
        >
          Sign out
        </BusyButton>
      )}
    </li>
  );
}

function SignOutAll({ keepThis = false }: { keepThis?: boolean }) {
  const router = useRouter();
  const form = useSubmit();
  const [open, setOpen] = useState(false);

  async function signOut() {
    const data = await form.run(() => signOutEverywhere({ keepThis }));
    if (!data) return;
    if (!keepThis) return window.location.assign('/login');
    setOpen(false);
    toast.success('All other sessions are signed out.');
    router.refresh();
  }

  return (
    <AlertDialog open={open} onOpenChange={(wanted) => !form.pending && setOpen(wanted)}>
      <AlertDialogTrigger asChild>
        <Button
          type="button"
          variant="outline"
          className={keepThis ? undefined : 'text-destructive hover:text-destructive'}
        >
          {keepThis ? 'Sign out all others' : 'Sign out everywhere'}
        </Button>
      </AlertDialogTrigger>
      <AlertDialogContent>
        <AlertDialogHeader className="text-left">
          <AlertDialogTitle>{keepThis ? 'Sign out all others?' : 'Sign out everywhere?'}</AlertDialogTitle>
          <AlertDialogDescription>
            {keepThis
              ? 'Every other browser and device has to sign in again. You stay signed in here.'
              : 'Every browser and device has to sign in again, this one too. API keys go on working.'}
          </AlertDialogDescription>
        </AlertDialogHeader>
        {form.failure && <FormError>{form.failure}</FormError>}
        <AlertDialogFooter>
          <AlertDialogCancel disabled={form.pending}>Cancel</AlertDialogCancel>
          <BusyButton
            type="button"
            variant="destructive"
            pending={form.pending}
            pendingLabel="Signing out…"
            onClick={() => void signOut()}
          >
            {keepThis ? 'Sign out all others' : 'Sign out everywhere'}
          </BusyButton>
        </AlertDialogFooter>
      </AlertDialogContent>
    </AlertDialog>
  );
}
