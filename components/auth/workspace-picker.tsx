import { ChevronRightIcon, PlusIcon } from 'lucide-react';
import { CardHeading } from '@/components/auth/card-heading';
import { LocalTime } from '@/components/data/local-time';
import { RelativeTime } from '@/components/data/relative-time';
import { SignOutButton } from '@/components/shell/sign-out-button';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';
import type { Viewer, WaitingInvitation, Workspace } from '@/lib/auth/schema';

/**
 * The workspaces a person belongs to and the invitations that wait for them; with neither, the way to a first one. Stands
 * in an AuthLayout.
 */
export function WorkspacePicker({
  workspaces,
  invitations,
  viewer,
  signUpUrl,
  operatorUrl,
}: {
  workspaces: Workspace[];
  invitations: WaitingInvitation[];
  viewer: Viewer;
  signUpUrl: string;
  /** The operator's console; null for whoever is none. */
  operatorUrl: string | null;
}) {
  return (
    <>
      {workspaces.length > 0 ? (
        <>
          <CardHeading title="Choose a workspace" />
          <ul className="-mx-2 flex flex-col gap-1 sm:-mx-3">
            {workspaces.map(({ tenantId, name, url, role, lastVisit }) => (
              <li key={tenantId}>
                <a
                  href={url}
                  className="group flex items-center gap-3 rounded-lg px-2 py-2.5 transition-colors hover:bg-accent sm:px-3"
                >
                  <span
                    aria-hidden="true"
                    className="flex size-9 shrink-0 items-center justify-center rounded-md bg-primary text-sm font-semibold text-primary-foreground uppercase"
                  >
                    {[...name][0]}
                  </span>
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{name}</span>
                    <span className="block truncate text-xs text-muted-foreground">{new URL(url).host}</span>
                    <span className="block truncate text-xs text-muted-foreground">
                      {lastVisit ? (
                        <>
                          Last visit <RelativeTime iso={lastVisit} />
                        </>
                      ) : (
                        'Not visited yet'
                      )}
                    </span>
                  </span>
                  <Badge variant="secondary" className="capitalize">
                    {role}
                  </Badge>
                  <ChevronRightIcon
                    aria-hidden="true"
                    className="hidden size-4 shrink-0 text-muted-foreground transition-transform group-hover:translate-x-0.5 sm:block"
                  />
                </a>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <CardHeading title={invitations.length > 0 ? 'You are invited' : 'No workspace yet'}>
          {invitations.length > 0
            ? 'Accept an invitation, or create a workspace of your own.'
            : `You do not belong to a workspace. Create one, or ask a colleague to invite ${viewer.email}.`}
        </CardHeading>
      )}
      {invitations.length > 0 && <Invitations invitations={invitations} titled={workspaces.length > 0} />}
      <Button
        asChild
        variant={workspaces.length + invitations.length > 0 ? 'outline' : 'default'}
        className={cn('w-full', workspaces.length + invitations.length > 0 && 'mt-4')}
      >
        <a href={signUpUrl}>
          <PlusIcon aria-hidden="true" />
          {workspaces.length > 0 ? 'New workspace' : 'Create a workspace'}
        </a>
      </Button>
      <div className="mt-6 flex items-center justify-between gap-3 border-t pt-4 text-sm">
        <span className="min-w-0 truncate text-muted-foreground" title={viewer.email}>
          Signed in as <span className="text-foreground">{viewer.email}</span>
        </span>
        <div className="-mr-3 flex shrink-0">
          {operatorUrl && (
            <Button asChild variant="ghost" size="sm">
              <a href={operatorUrl}>Operator’s console</a>
            </Button>
          )}
          <Button asChild variant="ghost" size="sm">
            <a href="/account">Account</a>
          </Button>
          <SignOutButton variant="ghost" size="sm" />
        </div>
      </div>
    </>
  );
}

/** Each leads to the page where it is accepted. */
function Invitations({ invitations, titled }: { invitations: WaitingInvitation[]; titled: boolean }) {
  return (
    <>
      {titled && <h2 className="mt-6 mb-2 text-sm font-medium">Invitations</h2>}
      <ul className="flex flex-col gap-2">
        {invitations.map(({ id, tenantName, role, expiresAt }) => (
          <li key={id} className="flex items-center gap-3 rounded-lg border px-3 py-2.5">
            <span className="min-w-0 flex-1">
              <span className="block font-medium wrap-anywhere">{tenantName}</span>
              <span className="block text-xs text-muted-foreground">
                As {role}, until <LocalTime iso={expiresAt} />
              </span>
            </span>
            <Button asChild size="sm">
              <a href={`/invitations/${encodeURIComponent(id)}`} aria-label={`Accept: ${tenantName}`}>
                Accept
              </a>
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
