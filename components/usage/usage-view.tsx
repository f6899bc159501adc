import { ChartColumnIcon, DownloadIcon } from 'lucide-react';
import Link from 'next/link';
import { Button } from '@/components/ui/button';
import { Breakdown } from '@/components/usage/breakdown';
import { MetricCards } from '@/components/usage/metric-cards';
import { periodName, utcMoment } from '@/components/usage/metric-format';
import { QuotaCard } from '@/components/usage/quota-card';
import { UsageCharts } from '@/components/usage/usage-charts';
import { UsageHistory } from '@/components/usage/usage-history';
import { csvHref, usageHref } from '@/components/usage/usage-href';
import { metrics } from '@/lib/metering/schema';
import type { UsageReport } from '@/lib/workflows/usage-report/schema';

/** What the workspace uses: this period against what is included, one metric by day, hour, key and project, and past months. */
export function UsageView({
  report,
  canCap,
  plansUrl,
}: {
  report: UsageReport;
  canCap: boolean;
  /** Where plans are compared. */
  plansUrl: string;
}) {
  const { standing, metric, period } = report;
  return (
    <>
      <div className="max-w-2xl">
        <h1 className="text-xl font-semibold tracking-tight">Usage</h1>
        <p className="num mt-0.5 text-sm text-muted-foreground text-pretty">
          {periodName(standing.periodStart, standing.periodEnd)} on {standing.planName}. It begins anew on{' '}
          {utcMoment(standing.periodEnd)}. Hours and days are those of UTC.
        </p>
      </div>
      <div className="mt-4">
        <QuotaCard
          standing={standing}
          projected={projectedTraces(report)}
          canCap={canCap}
          plansUrl={plansUrl}
        />
      </div>
      {report.isEmpty ? (
        <NothingYet />
      ) : (
        <>
          <div className="mt-3">
            <MetricCards metrics={report.metrics} shown={metric} />
          </div>
          <section aria-labelledby="metric" className="mt-6">
            <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
              <div className="min-w-0">
                <h2 id="metric" className="text-base font-semibold">
                  {metrics[metric].name} in {periodName(period.from, period.to)}
                </h2>
                <p className="mt-0.5 max-w-2xl text-sm text-muted-foreground text-pretty">
                  {metrics[metric].description}
                  {!period.isCurrent && (
                    <>
                      {' '}
                      <Link href={usageHref({ metric })} className="underline underline-offset-4">
                        Back to the current period
                      </Link>
                    </>
                  )}
                </p>
              </div>
              <Downloads report={report} />
            </div>
            <UsageCharts report={report} />
          </section>
          <Breakdown report={report} />
          <UsageHistory report={report} />
        </>
      )}
    </>
  );
}

function projectedTraces({ metrics: used }: UsageReport): number {
  return used.find(({ metric }) => metric === 'trace.count')?.projected ?? 0;
}

function Downloads({ report }: { report: UsageReport }) {
  const { metric, period } = report;
  const range = { metric, from: period.from, to: period.to };
  return (
    <div className="flex gap-2">
      {(['day', 'hour'] as const).map((granularity) => (
        <Button key={granularity} asChild variant="outline" size="sm">
          <a href={csvHref({ ...range, granularity })} download={`usage-${metric}-by-${granularity}.csv`}>
            <DownloadIcon aria-hidden="true" />
            CSV by {granularity}
          </a>
        </Button>
      ))}
    </div>
  );
}

function NothingYet() {
  return (
    <div className="mt-3 flex flex-col items-center rounded-lg border border-dashed px-4 py-14 text-center">
      <ChartColumnIcon aria-hidden="true" className="size-6 text-muted-foreground" />
      <p className="mt-3 font-medium">Nothing has been used yet</p>
      <p className="mt-1 max-w-md text-sm text-muted-foreground text-pretty">
        What your applications send is counted here within seconds, by hour, API key and project.
      </p>
      <Button asChild size="sm" className="mt-4">
        <Link href="/setup">Send the first trace</Link>
      </Button>
    </div>
  );
}
