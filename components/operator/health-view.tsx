import { CircleAlertIcon, CircleCheckIcon, TriangleAlertIcon } from 'lucide-react';
import { LocalTime } from '@/components/data/local-time';
import { Amount } from '@/components/operator/amounts';
import { DataTable } from '@/components/operator/data-table';
import { Nothing, PageHead, Panel } from '@/components/operator/page-head';
import { LiveRefresh } from '@/components/traces/live-refresh';
import { cn } from '@/components/ui/cn';
import type { HealthFact, HealthSection, PlatformHealth } from '@/lib/workflows/platform-health/schema';

const REFRESH_MS = 5_000;

const looks = {
  ok: { Icon: CircleCheckIcon, word: 'Well', className: 'border-primary/40 bg-primary/5' },
  warn: {
    Icon: TriangleAlertIcon,
    word: 'Attention',
    className: 'border-amber-600/50 bg-amber-500/10 dark:border-amber-400/40',
  },
  bad: { Icon: CircleAlertIcon, word: 'Trouble', className: 'border-destructive/50 bg-destructive/10' },
} as const satisfies Record<PlatformHealth['state'], unknown>;

/** How the platform is, as it happens: one line that says all, and what it is made of. */
export function HealthView({ health }: { health: PlatformHealth }) {
  const { Icon, word, className } = looks[health.state];
  return (
    <>
      <LiveRefresh intervalMs={REFRESH_MS} />
      <PageHead title="Health">
        Every few seconds anew. As of <LocalTime iso={health.at} className="num" />.
      </PageHead>
      <div role="status" className={cn('flex items-start gap-3 rounded-lg border px-4 py-3', className)}>
        <Icon aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
        <p className="min-w-0 wrap-anywhere">
          <span className="sr-only">{word}: </span>
          {health.line}
        </p>
      </div>
      <div className="mt-4 grid gap-4 xl:grid-cols-2">
        {health.sections.map((section) => (
          <Section key={section.id} section={section} />
        ))}
      </div>
    </>
  );
}

/** What is read and not compared. */
function isText(unit: HealthFact['unit']): boolean {
  return unit === 'text' || unit === 'time' || unit === 'tenant';
}

function Section({ section: { title, facts, findings, table } }: { section: HealthSection }) {
  const isWide = table !== null && table.columns.length > 4;
  return (
    <Panel title={title} className={isWide ? 'xl:col-span-2' : ''}>
      {findings.length > 0 && (
        <ul className="border-b">
          {findings.map(({ state, says, todo }) => {
            const { Icon, word } = looks[state];
            return (
              <li key={says} className="flex items-start gap-2 px-4 py-2.5 text-sm">
                <Icon
                  aria-hidden="true"
                  className={cn(
                    'mt-0.5 size-4 shrink-0',
                    state === 'bad' ? 'text-destructive' : 'text-amber-600',
                  )}
                />
                <p className="min-w-0 wrap-anywhere">
                  <span className="sr-only">{word}: </span>
                  {says} <span className="text-muted-foreground">{todo}</span>
                </p>
              </li>
            );
          })}
        </ul>
      )}
      {facts.length > 0 && (
        <dl
          className={cn(
            'grid grid-cols-2 gap-x-4 gap-y-3 px-4 py-3 sm:grid-cols-3',
            isWide && 'sm:grid-cols-4',
            table && 'border-b',
          )}
        >
          {facts.map(({ label, value, unit }) => (
            <div key={label} className="min-w-0">
              <dt className="text-xs text-muted-foreground">{label}</dt>
              <dd className="num mt-0.5 text-sm font-medium wrap-anywhere">
                <Amount value={value} unit={unit} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {table &&
        (table.rows.length > 0 ? (
          <DataTable
            label={title}
            columns={table.columns.map(({ label, unit }, index) => ({
              label,
              cell: (row: (string | number | null)[]) => <Amount value={row[index] ?? null} unit={unit} />,
              ...(isText(unit) ? {} : { align: 'right' as const }),
            }))}
            rows={table.rows}
            keyOf={(row) => String(row[0])}
          />
        ) : (
          <Nothing>Nothing yet.</Nothing>
        ))}
    </Panel>
  );
}
