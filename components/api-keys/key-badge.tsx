import { BanIcon, CheckIcon, ClockIcon, RefreshCwIcon, UserXIcon } from 'lucide-react';
import type { KeyState } from '@/components/api-keys/key-state';
import { Badge } from '@/components/ui/badge';

const amber = 'bg-traffic-amber-soft text-traffic-amber';

const looks = {
  active: { Icon: CheckIcon, word: 'Active', look: 'bg-traffic-green-soft text-traffic-green' },
  ending: { Icon: ClockIcon, word: 'Ends soon', look: amber },
  replaced: { Icon: RefreshCwIcon, word: 'Replaced', look: amber },
  stopped: { Icon: UserXIcon, word: 'Stopped', look: amber },
  expired: { Icon: ClockIcon, word: 'Expired', look: amber },
  revoked: { Icon: BanIcon, word: 'Revoked', look: 'bg-muted text-muted-foreground' },
} as const satisfies Record<KeyState, object>;

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
