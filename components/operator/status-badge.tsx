import { Badge } from '@/components/ui/badge';

const looks = {
  active: 'outline',
  suspended: 'destructive',
  deleting: 'destructive',
} as const;

/** A tenant's state. What is as it should be is quiet. */
export function StatusBadge({ status }: { status: keyof typeof looks }) {
  return (
    <Badge variant={looks[status]} className="capitalize">
      {status}
    </Badge>
  );
}
