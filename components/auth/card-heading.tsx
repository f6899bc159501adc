import type { ReactNode } from 'react';

/** Title and first sentence of a card on the sign-in side. */
export function CardHeading({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <div className="mb-6">
      <h1 className="text-xl font-semibold tracking-tight wrap-anywhere text-balance">{title}</h1>
      {children && (
        <p className="mt-1.5 text-sm wrap-anywhere text-muted-foreground text-pretty">{children}</p>
      )}
    </div>
  );
}
