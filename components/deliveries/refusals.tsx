import { LocalTime } from '@/components/data/local-time';
import type { KeyDeliveries } from '@/lib/deliveries/schema';

/** What an error code means for somebody whose trace was refused. */
const reasons: Record<string, string> = {
  invalid_input: 'A value is not valid',
  invalid_body: 'The body could not be read',
  payload_too_large: 'The body was too large',
  unsupported_media_type: 'Not sent as JSON, or in an unknown encoding',
  conflict: 'The trace was deleted before',
  limit_exceeded: 'A limit of the plan was reached',
  rate_limited: 'Too many requests',
  unavailable: 'The service was not available; send it again',
  internal: 'Something went wrong on our side',
};

/** The last refusals of a key, newest first, with what was wrong and the request to quote. */
export function Refusals({ refusals }: Pick<KeyDeliveries, 'refusals'>) {
  return (
    <section aria-label="Last refusals" className="border-t">
      <h3 className="px-4 pt-3 text-sm font-semibold">Last refusals</h3>
      {refusals.length === 0 ? (
        <p className="px-4 pt-1 pb-3 text-sm text-muted-foreground">Their reasons are no longer kept.</p>
      ) : (
        <ul className="mt-2 divide-y">
          {refusals.map((refusal) => (
            <li
              key={refusal.id}
              className="grid gap-x-6 gap-y-1 px-4 py-2.5 text-[0.8125rem] md:grid-cols-[1fr_auto]"
            >
              <div className="min-w-0">
                <p className="font-medium">
                  {reasons[refusal.code] ?? refusal.code}
                  {refusal.trace_id !== null && (
                    <span className="ml-2 font-mono text-xs font-normal text-muted-foreground wrap-anywhere">
                      {refusal.trace_id}
                    </span>
                  )}
                </p>
                {refusal.issues.map((issue) => (
                  <p key={`${issue.path} ${issue.message}`} className="text-muted-foreground wrap-anywhere">
                    {issue.path && <code className="mr-1.5 text-xs text-foreground">{issue.path}</code>}
                    {issue.message}
                  </p>
                ))}
              </div>
              <p className="flex flex-wrap gap-x-3 text-xs text-muted-foreground md:flex-col md:items-end">
                <LocalTime iso={refusal.at} style="full" />
                <span className="font-mono" title="Request id">
                  {refusal.request_id}
                </span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
