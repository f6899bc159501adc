import { ArrowRightIcon } from 'lucide-react';
import { LocalTime } from '@/components/data/local-time';
import type { AuditChange } from '@/lib/workflows/audit-log/schema';

/** What changed, field by field: before and after side by side, or below each other where there is no room. */
export function AuditChanges({ changes }: { changes: AuditChange[] }) {
  return (
    <dl className="divide-y rounded-md border bg-background">
      {changes.map((change) => (
        <div key={change.field} className="grid gap-x-4 gap-y-0.5 px-3 py-1.5 sm:grid-cols-[9rem_1fr]">
          <dt className="text-muted-foreground wrap-anywhere">{toLabel(change.field)}</dt>
          <dd className="num flex min-w-0 flex-wrap items-baseline gap-x-2">
            {'before' in change && (
              <span className="min-w-0 wrap-anywhere text-muted-foreground line-through decoration-muted-foreground/60">
                <span className="sr-only">before: </span>
                <Value value={change.before} />
              </span>
            )}
            {'before' in change && (
              <ArrowRightIcon
                aria-hidden="true"
                className="size-3 shrink-0 self-center text-muted-foreground"
              />
            )}
            <span className="min-w-0 wrap-anywhere">
              {'before' in change && <span className="sr-only">after: </span>}
              {'after' in change ? <Value value={change.after} /> : <None />}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A change in a few words, for the line of a row that is not open; null for one that has no short form. */
export function shortChange(changes: readonly AuditChange[]): string | null {
  const [change, another] = changes;
  if (!change || another || !('before' in change) || !('after' in change)) return null;
  const [before, after] = [change.before, change.after].map((value) =>
    typeof value === 'string' && value.length <= 60 && !isMoment(value) ? value : null,
  );
  return before && after ? `${before} → ${after}` : null;
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === '') return <None />;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return isMoment(value) ? <LocalTime iso={value} style="full" /> : value;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return value.length > 0 ? value.join(', ') : <None />;
  return <code className="text-[0.9em]">{JSON.stringify(value)}</code>;
}

function None() {
  return <span className="italic">none</span>;
}

function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text);
}

/** `deleteAfter` and `delete_after` as a person reads them: "Delete after". */
function toLabel(field: string): string {
  const words = field
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return words.replace(/^./, (first) => first.toUpperCase());
}
