import { ChevronRightIcon, PlusIcon } from 'lucide-react';
import { CardHeading } from '@/components/auth/card-heading';
import { SignOutButton } from '@/components/shell/sign-out-button';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import type { Viewer, Workspace } from '@/lib/auth/schema';

/** The workspaces a person belongs to; with none, the way to a first one. Stands in an AuthLayout. */
export function WorkspacePicker({
  workspaces,
  viewer,
  signUpUrl,
}: {
  workspaces: Workspace[];
  viewer: Viewer;
  signUpUrl: string;
}) {
  return (
    <>
      {workspaces.length > 0 ? (
        <>
          <CardHeading title="Choose a workspace" />
          <ul className="-mx-2 flex flex-col gap-1 sm:-mx-3">
            {workspaces.map(({ tenantId, name, url, role }) => (
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
          <Button asChild variant="outline" className="mt-4 w-full">
            <a href={signUpUrl}>
              <PlusIcon aria-hidden="true" />
              New workspace
            </a>
          </Button>
        </>
      ) : (
        <>
          <CardHeading title="No workspace yet">
            You do not belong to a workspace. Create one, or ask a colleague to invite {viewer.email}.
          </CardHeading>
          <Button asChild className="w-full">
            <a href={signUpUrl}>Create a workspace</a>
          </Button>
        </>
      )}
      <div className="mt-6 flex items-center justify-between gap-3 border-t pt-4 text-sm">
        <span className="min-w-0 truncate text-muted-foreground" title={viewer.email}>
          Signed in as <span className="text-foreground">{viewer.email}</span>
        </span>
        <div className="-mr-3 flex shrink-0">
          <Button asChild variant="ghost" size="sm">
            <a href="/account">Account</a>
          </Button>
          <SignOutButton variant="ghost" size="sm" />
        </div>
      </div>
    </>
  );
}
