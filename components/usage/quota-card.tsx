import { formatCents, formatCount, plural } from '@/components/data/format';
import { Button } from '@/components/ui/button';
import { Meter } from '@/components/usage/meter';
import { utcDay } from '@/components/usage/metric-format';
import { SpendCapForm } from '@/components/usage/spend-cap-form';
import { costOf } from '@/lib/workflows/quotas/rules';
import type { QuotaStanding } from '@/lib/workflows/quotas/schema';

/** The period's traces against what is included, what more cost or where they end, and the cap on it. */
export function QuotaCard({
  standing,
  projected,
  canCap,
  plansUrl,
}: {
  standing: QuotaStanding;
  /** Traces at the end of the period, if it goes on as it has so far. */
  projected: number;
  canCap: boolean;
  plansUrl: string;
}) {
  const { used, included, limit, state, per1000 } = standing;
  const whole = limit ?? included;
  const tone = state === 'used-up' ? 'over' : state === 'near' ? 'near' : 'normal';
  return (
    <section
      aria-labelledby="quota"
      className="grid gap-x-8 gap-y-5 rounded-lg border bg-card p-4 lg:grid-cols-2"
    >
      <div className="min-w-0">
        <h2 id="quota" className="text-sm font-semibold">
          Traces in this period
        </h2>
        <p className="num mt-2 flex flex-wrap items-baseline gap-x-2">
          <span className="text-3xl font-semibold tracking-tight">{formatCount(used)}</span>
          <span className="text-sm text-muted-foreground">
            {included === null ? 'without a limit' : `of ${formatCount(included)} included`}
          </span>
        </p>
        {whole !== null && (
          <Meter
            className="mt-3"
            share={whole === 0 ? 1 : used / whole}
            projected={whole === 0 ? undefined : projected / whole}
            tone={tone}
          />
        )}
        <dl className="num mt-3 grid gap-x-4 gap-y-1 text-sm sm:grid-cols-[auto_1fr]">
          <Fact term="By the end">
            about {formatCount(projected)}, if it goes on like this
            {per1000 !== null && included !== null && projected > included && (
              <>: {formatCents(costOf(projected - included, per1000))} on top</>
            )}
          </Fact>
          {per1000 !== null && (
            <Fact term="Beyond">
              {standing.over > 0
                ? `${plural(standing.over, 'trace')}, ${formatCents(standing.cost)} so far`
                : 'nothing so far'}
              , at {formatCents(per1000)} for 1,000
            </Fact>
          )}
          <Fact term="At the limit">{atTheLimit(standing)}</Fact>
        </dl>
      </div>
      <div className="min-w-0 border-t pt-4 lg:border-t-0 lg:border-l lg:pt-0 lg:pl-8">
        <SpendCap standing={standing} canCap={canCap} plansUrl={plansUrl} />
      </div>
    </section>
  );
}

function Fact({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted-foreground max-sm:mt-1">{term}</dt>
      <dd className="text-pretty">{children}</dd>
    </>
  );
}

function atTheLimit({ limit, from, planName, state, periodEnd }: QuotaStanding): string {
  if (limit === null) return 'there is none: no trace is refused';
  const what = from === 'cap' ? 'the spend cap' : `what ${planName} includes`;
  const until = `until ${utcDay(periodEnd)}`;
  return state === 'used-up'
    ? `${what} is used up: new traces are refused ${until}`
    : `new traces are refused from ${formatCount(limit)} on, ${until}`;
}

function SpendCap({
  standing,
  canCap,
  plansUrl,
}: {
  standing: QuotaStanding;
  canCap: boolean;
  plansUrl: string;
}) {
  const { per1000, included, cap } = standing;
  if (per1000 === null || included === null)
    return (
      <>
        <h3 className="text-sm font-semibold">Spend cap</h3>
        <p className="mt-2 max-w-md text-sm text-muted-foreground text-pretty">
          {included === null
            ? `${standing.planName} has its terms as agreed: there is nothing to cap.`
            : `${standing.planName} never costs more than its price: when its traces are used, new ones are refused. Those that are stored can still be updated.`}
        </p>
        {included !== null && (
          <Button asChild variant="outline" size="sm" className="mt-3">
            <a href={plansUrl}>Compare plans</a>
          </Button>
        )}
      </>
    );
  if (canCap) return <SpendCapForm cap={cap} included={included} per1000={per1000} cost={standing.cost} />;
  return (
    <>
      <h3 className="text-sm font-semibold">Spend cap</h3>
      <p className="num mt-2 max-w-md text-sm text-muted-foreground text-pretty">
        {cap === null
          ? 'No cap is set: traces beyond the included ones are stored and billed. An admin can set one.'
          : `Traces beyond the included ones may cost ${formatCents(cap)} in a period. An admin can change that.`}
      </p>
    </>
  );
}
