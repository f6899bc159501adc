import { headers } from 'next/headers';
import { AskServerAgain } from '@/components/auth/ask-server-again';
import { NotAMember } from '@/components/auth/not-a-member';
import { MessagePage } from '@/components/shell/message-page';
import { parseHost, urlOf } from '@/lib/gateway/hosts';
import { findTenantBySlug } from '@/lib/tenancy/directory';
import { currentTenantSession } from '@/lib/tenancy/require-tenant';

/** Someone who is signed in but may not see the page: no member of the workspace, or a role that does not allow it. */
export default async function Forbidden() {
  const meaning = parseHost((await headers()).get('host'));
  const tenant = meaning.surface === 'tenant' ? await findTenantBySlug(meaning.slug) : null;
  const session = tenant && (await currentTenantSession(tenant.id));
  if (!session || session.role) {
    return (
      <MessagePage
        title="You may not see this page"
        description="Your role in this workspace does not allow it. An admin can change your role."
      >
        <AskServerAgain />
      </MessagePage>
    );
  }
  return <NotAMember tenantName={tenant.name} viewer={session} workspacesUrl={urlOf('cloud')} />;
}
