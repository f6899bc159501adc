import { PackageCheckIcon } from 'lucide-react';
import Link from 'next/link';
import { KeyDeliveriesCard } from '@/components/deliveries/key-deliveries-card';
import { Button } from '@/components/ui/button';
import {
  type DeliveryPeriod,
  deliveryPeriodNames,
  deliveryPeriods,
  type KeyDeliveries,
} from '@/lib/deliveries/schema';

const PATH = '/settings/deliveries';

/** What became of everything that the workspace's keys sent, key by key. */
export function DeliveriesView({
  keys,
  period,
  canSeeKeys,
}: {
  keys: KeyDeliveries[];
  period: DeliveryPeriod;
  canSeeKeys: boolean;
}) {
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 max-w-2xl">
          <h1 className="text-xl font-semibold tracking-tight">Deliveries</h1>
          <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
            What became of every trace that your keys have sent: what was received was stored, updated a known
            trace, or was refused. Counted together with the traces themselves.
          </p>
        </div>
        <PeriodLinks current={period} />
      </div>
      {keys.length > 0 ? (
        <div className="mt-4 flex flex-col gap-4">
          {keys.map((key) => (
            <KeyDeliveriesCard key={key.keyId} deliveries={key} />
          ))}
        </div>
      ) : (
        <NothingSent period={period} canSeeKeys={canSeeKeys} />
      )}
    </>
  );
}

function PeriodLinks({ current }: { current: DeliveryPeriod }) {
  return (
    <ul aria-label="Period" className="flex h-8 rounded-md border border-input bg-card p-0.5 text-sm">
      {deliveryPeriodNames.map((period) => (
        <li key={period}>
          <Link
            href={`${PATH}?period=${period}`}
            prefetch={false}
            scroll={false}
            aria-current={period === current ? 'true' : undefined}
            className="flex h-full items-center rounded-sm px-2.5 whitespace-nowrap text-muted-foreground hover:text-foreground aria-[current=true]:bg-accent aria-[current=true]:font-medium aria-[current=true]:text-accent-foreground"
          >
            {deliveryPeriods[period].label}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function NothingSent({ period, canSeeKeys }: { period: DeliveryPeriod; canSeeKeys: boolean }) {
  const isLongest = period === deliveryPeriodNames.at(-1);
  return (
    <div className="mt-4 flex flex-col items-center rounded-lg border border-dashed px-4 py-14 text-center">
      <PackageCheckIcon aria-hidden="true" className="size-6 text-muted-foreground" />
      <p className="mt-3 font-medium">No key has sent anything in the last {deliveryPeriods[period].label}</p>
      <p className="mt-1 max-w-md text-sm text-muted-foreground text-pretty">
        As soon as an application sends traces, what became of them is counted here, hour by hour.
      </p>
      <div className="mt-4 flex flex-wrap justify-center gap-2">
        {!isLongest && (
          <Button asChild variant="outline" size="sm">
            <Link href={`${PATH}?period=7d`} prefetch={false}>
              Show 7 days
            </Link>
          </Button>
        )}
        <Button asChild variant="outline" size="sm">
          <Link href={canSeeKeys ? '/settings/api-keys' : '/traces'} prefetch={false}>
            {canSeeKeys ? 'API keys' : 'Traces'}
          </Link>
        </Button>
      </div>
    </div>
  );
}
