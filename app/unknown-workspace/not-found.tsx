import { headers } from 'next/headers';
import { MessagePage } from '@/components/shell/message-page';
import { Button } from '@/components/ui/button';
import { urlOf } from '@/lib/gateway/hosts';

export default async function UnknownWorkspace() {
  const host = (await headers()).get('host');
  return (
    <MessagePage
      title="No such workspace"
      description={
        <>
          There is no workspace at <strong className="font-medium break-all text-foreground">{host}</strong>.
          Check the spelling, or sign in to see yours.
        </>
      }
      actions={
        <>
          <Button asChild>
            <a href={urlOf('cloud', '/login')}>My workspaces</a>
          </Button>
          <Button asChild variant="outline">
            <a href={urlOf('cloud', '/signup')}>Create a workspace</a>
          </Button>
        </>
      }
    />
  );
}
