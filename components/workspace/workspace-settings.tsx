import type { ReactNode } from 'react';
import { LocalTime } from '@/components/data/local-time';
import { SupportSetting } from '@/components/support/support-setting';
import { ChangeAddress } from '@/components/workspace/change-address';
import { DeleteWorkspace } from '@/components/workspace/delete-workspace';
import { RenameWorkspace } from '@/components/workspace/rename-workspace';
import type { WorkspaceDetails } from '@/lib/tenants/schema';

/** A workspace's own settings: its name, its address, and its end. */
export function WorkspaceSettings({
  workspace,
  support,
  canDelete,
  rootDomain,
}: {
  workspace: WorkspaceDetails;
  /** Whether operators may look in. */
  support: boolean;
  canDelete: boolean;
  rootDomain: string;
}) {
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Workspace</h1>
      <p className="num mt-0.5 text-sm text-muted-foreground">
        Created <LocalTime iso={workspace.createdAt} style="full" />
      </p>
      <div className="mt-4 flex max-w-2xl flex-col gap-4">
        <Section title="Name" description="How the workspace is called in the console and in mails.">
          <RenameWorkspace name={workspace.name} />
        </Section>
        <Section
          title="Address"
          description="Where everybody opens the workspace. The address you leave stays yours for a year and sends visitors on; API keys go on working on both."
        >
          <ChangeAddress slug={workspace.slug} rootDomain={rootDomain} />
          {workspace.formerSlugs.length > 0 && (
            <ul className="num mt-4 flex flex-col gap-1 text-xs text-muted-foreground">
              {workspace.formerSlugs.map(({ slug, until }) => (
                <li key={slug} className="wrap-anywhere">
                  <span className="font-mono text-foreground">{slug}</span> is kept for you until{' '}
                  <LocalTime iso={until} style="full" />
                </li>
              ))}
            </ul>
          )}
        </Section>
        <Section
          title="Support"
          description="To help you, the people who run RAG Toolkit may look into this console: read-only, for half an hour, with a reason. Your audit log says who, when and why."
        >
          <SupportSetting allowed={support} />
        </Section>
        {canDelete && (
          <Section
            title="Delete this workspace"
            description="It is closed at once. After seven days, in which an admin can undo it, all of its data is erased, and a receipt is mailed to you."
            danger
          >
            <DeleteWorkspace name={workspace.name} slug={workspace.slug} />
          </Section>
        )}
      </div>
    </>
  );
}

function Section({
  title,
  description,
  danger = false,
  children,
}: {
  title: string;
  description: string;
  danger?: boolean;
  children: ReactNode;
}) {
  return (
    <section
      className={`rounded-lg border bg-card p-4 text-card-foreground sm:p-5 ${danger ? 'border-destructive/40' : ''}`}
    >
      <h2 className="font-medium">{title}</h2>
      <p className="mt-0.5 text-sm text-muted-foreground text-pretty">{description}</p>
      <div className="mt-4">{children}</div>
    </section>
  );
}
