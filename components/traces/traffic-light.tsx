import { CircleCheckIcon, OctagonXIcon, TriangleAlertIcon } from 'lucide-react';
import { Badge } from '@/components/ui/badge';
import type { TraceSummary } from '@/lib/traces/schema';

const lights = {
  green: { Icon: CircleCheckIcon, word: 'Green', look: 'bg-traffic-green-soft text-traffic-green' },
  amber: { Icon: TriangleAlertIcon, word: 'Amber', look: 'bg-traffic-amber-soft text-traffic-amber' },
  red: { Icon: OctagonXIcon, word: 'Red', look: 'bg-traffic-red-soft text-traffic-red' },
} as const;

/** How an answer was graded, as shape, word and colour at once. */
export function TrafficLight({ light }: { light: NonNullable<TraceSummary['trafficLight']> }) {
  const { Icon, word, look } = lights[light];
  return (
    <Badge className={look}>
      <Icon aria-hidden="true" />
      {word}
    </Badge>
  );
}
