import { MessagePage } from '@/components/shell/message-page';

export default function NotFound() {
  return (
    <MessagePage
      title="There is nothing here"
      description="The address may be mistyped, or what was here is gone."
    />
  );
}
