import type { ReactNode } from 'react';

/** Says quietly that a client did not send a value, so that its absence is seen and not guessed. */
export function NotSent() {
  return <span className="text-muted-foreground italic">not sent</span>;
}

/** A list of terms and their values; a value that is null says "not sent". */
export function FieldList({ fields }: { fields: { term: string; value: ReactNode }[] }) {
  return (
    <dl className="divide-y text-[0.8125rem]">
      {fields.map(({ term, value }) => (
        <div key={term} className="flex min-w-0 items-baseline gap-3 py-1.5 first:pt-0 last:pb-0">
          <dt className="w-20 shrink-0 text-muted-foreground">{term}</dt>
          <dd className="num wrap-any flex-1">{value ?? <NotSent />}</dd>
        </div>
      ))}
    </dl>
  );
}
