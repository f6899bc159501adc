import type { Metadata } from 'next';
import { MessagePage } from '@/components/shell/message-page';

export const metadata: Metadata = { title: 'Suspended' };

/** Where the gateway sends every page of a workspace that is suspended. */
export default function SuspendedPage() {
  return (
    <MessagePage
      title="This workspace is suspended"
      description="Its data is kept. Nobody can sign in and its API keys are refused until it is reactivated. Ask support, or the workspace's admin, what is needed."
    />
  );
}
