import { MessagePage } from '@/components/shell/message-page';

export default function Suspended() {
  return (
    <MessagePage
      title="This workspace is suspended"
      description="Its data is kept. Nobody can sign in and its API keys are refused until it is reactivated. Ask support, or the workspace's admin, what is needed."
    />
  );
}
