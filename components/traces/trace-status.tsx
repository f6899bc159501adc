import { CheckIcon, CircleXIcon } from 'lucide-react';
import { TrafficLight } from '@/components/traces/traffic-light';
import { Badge } from '@/components/ui/badge';
import type { TraceSummary } from '@/lib/traces/schema';

/** Whether the answer came about at all and, once it is evaluated, its traffic light. */
export function TraceStatus({ trace }: { trace: Pick<TraceSummary, 'error' | 'trafficLight'> }) {
  return (
    <span className="flex min-h-5.5 w-fit items-center gap-1.5">
      {trace.error === null ? (
        <span className="inline-flex items-center gap-1 text-xs text-muted-foreground">
          <CheckIcon aria-hidden="true" className="size-3.5" />
          OK
        </span>
      ) : (
        <Badge className="border-traffic-red/40 bg-traffic-red-soft text-traffic-red">
          <CircleXIcon aria-hidden="true" />
          Error
        </Badge>
      )}
      {trace.trafficLight && <TrafficLight light={trace.trafficLight} />}
    </span>
  );
}
