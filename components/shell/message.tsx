import type { ReactNode } from 'react';

/** One message with what can be done about it, for a place inside a page that already has its frame. */
export function Message({
  title,
  description,
  requestId,
  actions,
  children,
}: {
  title: string;
  description: ReactNode;
  /** Shown small below, for quoting to support. */
  requestId?: string | undefined;
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="max-w-md">
      <h1 className="text-2xl font-semibold tracking-tight wrap-anywhere text-balance">{title}</h1>
      <div className="mt-2 wrap-anywhere text-muted-foreground text-pretty">{description}</div>
      {children && <div className="mt-5">{children}</div>}
      {actions && <div className="mt-7 flex flex-wrap gap-2.5">{actions}</div>}
      {requestId && (
        <p className="mt-8 text-xs text-muted-foreground">
          Request id: <code className="font-mono wrap-anywhere select-all">{requestId}</code>
        </p>
      )}
    </div>
  );
}
