import { SignOutButton } from '@/components/shell/sign-out-button';

/** What stands in place of a form for somebody without a password who has signed in a while ago. */
export function SignInAgain({ what }: { what: string }) {
  return (
    <div className="flex flex-col items-start gap-3 text-sm">
      <p className="text-muted-foreground text-pretty">
        You signed in a while ago. To {what}, sign in again first, so that we know it is you.
      </p>
      <SignOutButton size="sm" next="/account">
        Sign in again
      </SignOutButton>
    </div>
  );
}
