import { PlainHeader } from '@/components/shell/plain-header';
import { ApiReference } from './api-reference';

/** The page around the API's reference: what it describes, and the document itself for tools. */
export function ApiReferencePage({ documentUrl }: { documentUrl: string }) {
  return (
    <div className="min-h-dvh">
      <PlainHeader className="mx-auto max-w-5xl" />
      <main id="main" className="mx-auto max-w-5xl px-4 pt-6 pb-16 sm:px-6">
        <h1 className="text-2xl font-semibold tracking-tight">API reference</h1>
        <p className="mt-2 text-sm text-muted-foreground text-pretty">
          Made from the handlers that serve it. For tools, the same as an{' '}
          <a className="underline underline-offset-4" href={documentUrl}>
            OpenAPI 3.1 document
          </a>
          ; every error code is explained under{' '}
          <a className="underline underline-offset-4" href="/docs/errors">
            errors
          </a>
          .
        </p>
        <ApiReference documentUrl={documentUrl} />
      </main>
    </div>
  );
}
