import type { ReactNode } from 'react';
import { PlainHeader } from '@/components/shell/plain-header';

/** A card in the middle of a quiet page, for what stands outside a workspace: signing in and up, choosing one. */
export function AuthLayout({ footer, children }: { footer?: ReactNode; children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col bg-sidebar">
      <PlainHeader />
      <main id="main" className="flex flex-1 flex-col items-center px-4 pt-[max(1rem,9vh)] pb-12">
        <div className="w-full max-w-md rounded-xl border bg-card p-6 text-card-foreground shadow-sm sm:p-8">
          {children}
        </div>
        {footer && <div className="mt-5 text-center text-sm text-muted-foreground">{footer}</div>}
      </main>
    </div>
  );
}
