'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { toast } from 'sonner';
import { CodeForm } from '@/components/account/code-form';
import { EnrolTwoFactor } from '@/components/account/enrol-two-factor';
import { RecoveryCodes } from '@/components/account/recovery-codes';
import { LocalTime } from '@/components/data/local-time';
import { Button } from '@/components/ui/button';
import type { Account } from '@/lib/workflows/account/schema';
import { disableSecondFactor, renewRecoveryCodes } from '@/lib/workflows/second-factor/actions';

type Step = 'resting' | 'enrol' | 'renew' | 'disable';

/** Turning the second factor on and off, and new recovery codes. */
export function TwoFactorSection({
  secondFactor,
  asksPassword,
  isEmailVerified,
}: {
  secondFactor: Account['secondFactor'];
  asksPassword: boolean;
  /** Without it there is nothing to turn on: whoever confirms the address first would be rid of the factor. */
  isEmailVerified: boolean;
}) {
  const router = useRouter();
  const [step, setStep] = useState<Step>('resting');
  const [codes, setCodes] = useState<string[] | null>(null);

  function rest() {
    setCodes(null);
    setStep('resting');
    router.refresh();
    document.getElementById('two-factor-title')?.focus();
  }

  function show(fresh: string[]) {
    setCodes(fresh);
    router.refresh();
  }

  if (codes)
    return (
      <RecoveryCodes
        title={step === 'enrol' ? 'Two-factor sign-in is on.' : 'The codes you had are worth nothing now.'}
        codes={codes}
        onDone={rest}
      />
    );
  if (step === 'enrol') return <EnrolTwoFactor asksPassword={asksPassword} onCodes={show} onCancel={rest} />;
  if (!secondFactor && !isEmailVerified)
    return (
      <p className="text-sm text-muted-foreground">
        Confirm your e-mail address first, by the link we have mailed.
      </p>
    );
  if (!secondFactor)
    return (
      <Button type="button" onClick={() => setStep('enrol')}>
        Turn on
      </Button>
    );

  const left = secondFactor.recoveryCodesLeft;
  return (
    <div className="flex flex-col gap-4">
      <p className="num text-sm text-muted-foreground text-pretty">
        On since <LocalTime iso={secondFactor.since} />.{' '}
        {left === 0 ? (
          <span className="text-destructive">No recovery code is left: get new ones.</span>
        ) : (
          `${left} recovery ${left === 1 ? 'code is' : 'codes are'} left.`
        )}
      </p>
      {step === 'renew' && (
        <CodeForm
          explanation="Ten new codes replace those you have. Type a code first."
          verb="Get new codes"
          doing="Making codes…"
          onCancel={() => setStep('resting')}
          submit={(code) => renewRecoveryCodes({ code })}
          onDone={(data) => show(data.codes)}
        />
      )}
      {step === 'disable' && (
        <CodeForm
          explanation="Your password alone will then be enough to sign in. Type a code to confirm."
          verb="Turn off"
          doing="Turning off…"
          danger
          onCancel={() => setStep('resting')}
          submit={(code) => disableSecondFactor({ code })}
          onDone={() => {
            toast.success('Two-factor sign-in is off.');
            rest();
          }}
        />
      )}
      {step === 'resting' && (
        <div className="flex flex-wrap gap-2">
          <Button type="button" variant="outline" onClick={() => setStep('renew')}>
            New recovery codes
          </Button>
          <Button
            type="button"
            variant="outline"
            className="text-destructive hover:text-destructive"
            onClick={() => setStep('disable')}
          >
            Turn off
          </Button>
        </div>
      )}
    </div>
  );
}
