'use client';

import { MessagePage } from '@/components/shell/message-page';
import { Button } from '@/components/ui/button';

export default function ErrorPage({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <MessagePage
      title="Something went wrong on our side"
      description="It has been noted. Try again; if it stays, quote the number below when you contact us."
      requestId={error.digest}
      actions={<Button onClick={reset}>Try again</Button>}
    />
  );
}
