import Link from 'next/link';
import { Message } from '@/components/shell/message';
import { Button } from '@/components/ui/button';

export default function TraceNotFound() {
  return (
    <Message
      title="No such trace"
      description="This workspace has no trace with this id. It may have been deleted, or belong to another workspace."
      actions={
        <Button asChild>
          <Link href="/traces">All traces</Link>
        </Button>
      }
    />
  );
}
