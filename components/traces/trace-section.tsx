import { type ReactNode, useId } from 'react';

/** One titled part of the trace page; `note` stands beside the title, `action` at the right. */
export function TraceSection({
  title,
  note,
  action,
  children,
}: {
  title: string;
  note?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0">
      <div className="mb-2 flex min-h-6 items-center gap-2">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {note && <span className="num text-xs text-muted-foreground">{note}</span>}
        {action && <span className="ml-auto flex">{action}</span>}
      </div>
      {children}
    </section>
  );
}
