import { PlainHeader } from '@/components/shell/plain-header';

/** Every error code of the API with its HTTP status and meaning: where each error's `doc_url` leads. */
export function ErrorReference({ errors }: { errors: { code: string; status: number; message: string }[] }) {
  return (
    <div className="min-h-dvh">
      <PlainHeader className="mx-auto max-w-3xl" />
      <main id="main" className="mx-auto max-w-3xl px-4 pt-6 pb-16 sm:px-6">
        <h1 className="text-2xl font-semibold tracking-tight">Errors of the API</h1>
        <p className="mt-2 text-sm text-muted-foreground text-pretty">
          Every error has the same shape: a code, a sentence, the id of the request to quote to support, and
          for invalid input a list of issues, each with the path of the field and what is expected there.
        </p>
        <dl className="mt-6 divide-y rounded-lg border">
          {errors.map((error) => (
            <div
              key={error.code}
              id={error.code}
              className="grid gap-1 px-4 py-3 target:bg-accent sm:grid-cols-[16rem_1fr]"
            >
              <dt className="font-mono text-sm">
                {error.code} <span className="text-muted-foreground tabular-nums">{error.status}</span>
              </dt>
              <dd className="text-sm text-pretty">{error.message}</dd>
            </div>
          ))}
        </dl>
      </main>
    </div>
  );
}
