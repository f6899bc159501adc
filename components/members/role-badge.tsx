import { Badge } from '@/components/ui/badge';
import type { Role } from '@/lib/auth/schema';

/** A role as a word, for who cannot change it. */
export function RoleBadge({ role }: { role: Role }) {
  return (
    <Badge variant={role === 'admin' ? 'secondary' : 'outline'} className="capitalize">
      {role}
    </Badge>
  );
}
