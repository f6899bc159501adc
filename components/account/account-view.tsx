import { ArrowLeftIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { EmailSection } from '@/components/account/email-section';
import { NameForm } from '@/components/account/name-form';
import { PasswordForm } from '@/components/account/password-form';
import { SessionList } from '@/components/account/session-list';
import { SignInAgain } from '@/components/account/sign-in-again';
import { TwoFactorSection } from '@/components/account/two-factor-section';
import { VerifyEmailBanner } from '@/components/account/verify-email-banner';
import { PlainHeader } from '@/components/shell/plain-header';
import { SignOutButton } from '@/components/shell/sign-out-button';
import { SkipLink } from '@/components/shell/skip-link';
import { Badge } from '@/components/ui/badge';
import type { Account } from '@/lib/workflows/account/schema';

const sections = [
  ['profile', 'Profile'],
  ['email', 'E-mail'],
  ['password', 'Password'],
  ['two-factor', 'Two-factor'],
  ['sessions', 'Sessions'],
] as const;

/** A person's own account, the same in all workspaces. */
export function AccountView({ account, workspacesUrl }: { account: Account; workspacesUrl: string }) {
  const { hasPassword, isFresh, secondFactor } = account;
  const mustSignInAgain = !hasPassword && !isFresh;
  return (
    <div className="min-h-dvh bg-sidebar">
      <SkipLink />
      <PlainHeader />
      <main id="main" tabIndex={-1} className="mx-auto max-w-4xl px-4 pt-4 pb-16 outline-none sm:px-6">
        <div className="flex items-center justify-between gap-3">
          <a
            href={workspacesUrl}
            className="-ml-1 inline-flex items-center gap-1.5 rounded-sm px-1 py-0.5 text-sm text-muted-foreground hover:text-foreground"
          >
            <ArrowLeftIcon aria-hidden="true" className="size-4" />
            Workspaces
          </a>
          <SignOutButton size="sm" />
        </div>
        <h1 className="mt-2 text-xl font-semibold tracking-tight">Your account</h1>
        <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
          The same in every workspace you belong to.
        </p>
        {!account.isEmailVerified && <VerifyEmailBanner email={account.email} className="mt-4" />}
        <div className="mt-5 gap-8 md:grid md:grid-cols-[9rem_minmax(0,1fr)]">
          <nav aria-label="Account" className="hidden md:block">
            <ul className="sticky top-6 flex flex-col gap-0.5 text-sm">
              {sections.map(([id, label]) => (
                <li key={id}>
                  <a
                    href={`#${id}`}
                    className="block rounded-md px-2.5 py-1.5 text-muted-foreground hover:bg-accent hover:text-accent-foreground"
                  >
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <div className="flex min-w-0 flex-col gap-4">
            <Section id="profile" title="Profile" description="How colleagues see you.">
              <NameForm name={account.name} />
            </Section>
            <Section
              id="email"
              title="E-mail"
              description="Where you sign in, and where we write to."
              badge={account.isEmailVerified ? <Badge variant="secondary">Confirmed</Badge> : undefined}
            >
              {mustSignInAgain ? (
                <>
                  <p className="mb-4 text-sm font-medium wrap-anywhere">{account.email}</p>
                  <SignInAgain what="change your address" />
                </>
              ) : (
                <EmailSection
                  email={account.email}
                  pendingEmail={account.pendingEmail}
                  asksPassword={hasPassword}
                />
              )}
            </Section>
            <Section
              id="password"
              title="Password"
              description={
                hasPassword
                  ? 'Changing it signs you out on every other device.'
                  : 'You have none yet, and sign in by a mailed link or another provider.'
              }
            >
              {mustSignInAgain ? (
                <SignInAgain what="set a password" />
              ) : (
                <PasswordForm hasPassword={hasPassword} email={account.email} />
              )}
            </Section>
            <Section
              id="two-factor"
              title="Two-factor sign-in"
              description="A code of an authenticator app, asked for after every sign-in. A stolen password alone is then worth nothing."
              badge={
                secondFactor ? <Badge variant="secondary">On</Badge> : <Badge variant="outline">Off</Badge>
              }
            >
              {mustSignInAgain && !secondFactor ? (
                <SignInAgain what="turn this on" />
              ) : (
                <TwoFactorSection
                  secondFactor={secondFactor}
                  asksPassword={hasPassword}
                  isEmailVerified={account.isEmailVerified}
                />
              )}
            </Section>
            <Section id="sessions" title="Sessions" description="Where you are signed in at the moment.">
              <SessionList sessions={account.sessions} />
            </Section>
          </div>
        </div>
      </main>
    </div>
  );
}

function Section({
  id,
  title,
  description,
  badge,
  children,
}: {
  id: string;
  title: string;
  description: string;
  badge?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="scroll-mt-4 rounded-lg border bg-card p-4 text-card-foreground sm:p-5"
    >
      <div className="flex items-center gap-2">
        <h2 id={`${id}-title`} tabIndex={-1} className="font-medium outline-none">
          {title}
        </h2>
        {badge}
      </div>
      <p className="mt-0.5 text-sm text-muted-foreground text-pretty">{description}</p>
      <div className="mt-4">{children}</div>
    </section>
  );
}
