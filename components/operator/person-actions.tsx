'use client';

import { UserPlusIcon } from 'lucide-react';
import { plural } from '@/components/data/format';
import { ReasonDialog } from '@/components/operator/reason-dialog';
import { addOperator, removeOperator } from '@/lib/workflows/operators/actions';
import {
  disablePerson,
  enablePerson,
  resendVerification,
  signOutPerson,
} from '@/lib/workflows/people/actions';
import type { PersonDetail } from '@/lib/workflows/people/schema';

/** A button that makes somebody an operator by their address. */
export function AddOperator() {
  return (
    <ReasonDialog
      trigger={
        <>
          <UserPlusIcon aria-hidden="true" />
          Add operator
        </>
      }
      variant="default"
      title="Add an operator"
      effects={[
        'They may do everything that you may here, from their next request on.',
        'They have an account, and have confirmed its address.',
      ]}
      fields={[{ name: 'email', label: 'E-mail', type: 'email' }]}
      verb="Add operator"
      doing="Adding…"
      run={({ email = '', reason }) => addOperator({ email, reason })}
      done="They are an operator now."
    />
  );
}

/** A button that takes somebody's part in running the platform away. */
export function RemoveOperator({ userId, name }: { userId: string; name: string }) {
  return (
    <ReasonDialog
      trigger="Remove"
      size="xs"
      label={`Remove ${name}`}
      title={`${name} is no operator any more`}
      effects={[
        'From their next request on these pages are closed to them.',
        'Their operator keys are revoked, and their stays in consoles end.',
      ]}
      verb="Remove operator"
      doing="Removing…"
      destructive
      run={({ reason }) => removeOperator({ userId, reason })}
      done={`${name} is no operator any more.`}
    />
  );
}

/** What can be done about a person. */
export function PersonActions({ person, isOwn }: { person: PersonDetail; isOwn: boolean }) {
  const { user_id: userId, name } = person;
  return (
    <>
      {!person.is_confirmed && (
        <ReasonDialog
          trigger="Resend verification"
          title={`Mail ${name} the link that confirms their address`}
          effects={[`To ${person.email}. Earlier links stop working.`]}
          verb="Send mail"
          doing="Sending…"
          run={({ reason }) => resendVerification({ userId, reason })}
          done="The mail is queued."
        />
      )}
      {person.sessions.length > 0 && (
        <ReasonDialog
          trigger="Sign out everywhere"
          title={`Sign ${name} out everywhere`}
          effects={[`${plural(person.sessions.length, 'session')} end at once. They can sign in again.`]}
          verb="Sign out"
          doing="Signing out…"
          destructive
          run={({ reason }) => signOutPerson({ userId, reason })}
          done={`${name} is signed out.`}
        />
      )}
      {person.is_disabled ? (
        <ReasonDialog
          trigger="Enable"
          variant="default"
          title={`Enable ${name} again`}
          effects={['They can sign in, and the keys that they have made work again.']}
          verb="Enable"
          doing="Enabling…"
          run={({ reason }) => enablePerson({ userId, reason })}
          done={`${name} can sign in again.`}
        />
      ) : (
        !isOwn && (
          <ReasonDialog
            trigger="Disable"
            title={`Disable ${name}`}
            effects={[
              `${plural(person.sessions.length, 'session')} end at once, and nobody signs in as them.`,
              'The keys that they have made rest; service keys go on. Enabling undoes both.',
              ...(person.is_operator ? ['Their operator keys are revoked for good.'] : []),
            ]}
            verb="Disable"
            doing="Disabling…"
            destructive
            run={({ reason }) => disablePerson({ userId, reason })}
            done={`${name} is disabled.`}
          />
        )
      )}
    </>
  );
}
