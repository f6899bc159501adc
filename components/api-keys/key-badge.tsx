import { BanIcon, CheckIcon, ClockIcon } from 'lucide-react';
import type { KeyState } from '@/components/api-keys/key-state';
import { Badge } from '@/components/ui/badge';

const looks = {
  active: { Icon: CheckIcon, word: 'Active', look: 'bg-traffic-green-soft text-traffic-green' },
  expired: { Icon: ClockIcon, word: 'Expired', look: 'bg-traffic-amber-soft text-traffic-amber' },
  revoked: { Icon: BanIcon, word: 'Revoked', look: 'bg-muted text-muted-foreground' },
} as const;

/** A key's state as shape, word and colour at once. */
export function KeyBadge({ state }: { state: KeyState }) {
  const { Icon, word, look } = looks[state];
  return (
    <Badge className={look}>
      <Icon aria-hidden="true" />
      {word}
    </Badge>
  );
}
