import { CircleXIcon, ShieldCheckIcon } from 'lucide-react';
import { LocalTime } from '@/components/data/local-time';
import { RunCheckButton } from '@/components/isolation/run-check-button';
import { Badge } from '@/components/ui/badge';
import { type IsolationCheck, probes } from '@/lib/workflows/isolation-canary/schema';

/** What the isolation check is, what it found last, probe by probe, and a button to run it now. */
export function IsolationView({ check }: { check: IsolationCheck | null }) {
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 max-w-2xl">
          <h1 className="text-xl font-semibold tracking-tight">Isolation</h1>
          <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
            A check tries, as this workspace, to reach what belongs to another one, through the same code that
            serves your requests. Each attempt has to be refused or come back empty. It runs by itself now and
            then, and whenever you ask.
          </p>
        </div>
        <RunCheckButton />
      </div>
      {check ? (
        <Result check={check} />
      ) : (
        <p className="mt-6 text-sm text-muted-foreground">It has not run for this workspace yet.</p>
      )}
    </>
  );
}

function Result({ check }: { check: IsolationCheck }) {
  const refused = check.probes.filter((probe) => probe.refused).length;
  return (
    <section aria-label="Last check" className="mt-5 overflow-hidden rounded-lg border bg-card">
      <p
        role="status"
        className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b bg-muted/60 px-4 py-2.5 text-sm"
      >
        {check.passed ? (
          <ShieldCheckIcon aria-hidden="true" className="size-4 text-traffic-green" />
        ) : (
          <CircleXIcon aria-hidden="true" className="size-4 text-traffic-red" />
        )}
        <span className="font-medium">
          {check.passed
            ? `All ${check.probes.length} attempts were refused`
            : `${refused} of ${check.probes.length} attempts were refused`}
        </span>
        <span className="text-muted-foreground">
          <LocalTime iso={check.at} style="full" />
        </span>
      </p>
      <ul className="divide-y">
        {check.probes.map(({ probe, refused: held, outcome }) => (
          <li
            key={probe}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5 text-sm"
          >
            <span className="min-w-0 text-pretty">{probes[probe]}</span>
            {held ? (
              <span className="text-xs text-muted-foreground">{outcome}</span>
            ) : (
              <Badge className="border-traffic-red/40 bg-traffic-red-soft text-traffic-red">
                <CircleXIcon aria-hidden="true" />
                {outcome}
              </Badge>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
