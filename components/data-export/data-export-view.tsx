import { formatCount } from '@/components/data/format';
import { ExportPanel } from '@/components/data-export/export-panel';
import type { ExportedTable, ExportStatus } from '@/lib/workflows/export/schema';

/** What a download of the whole workspace holds, a button that begins it, and how the last one went. */
export function DataExportView({ tables, status }: { tables: ExportedTable[]; status: ExportStatus }) {
  return (
    <>
      <div className="max-w-2xl">
        <h1 className="text-xl font-semibold tracking-tight">Export</h1>
        <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
          Everything of this workspace as one archive: a file of JSON lines per table, a manifest with counts
          and checksums, and a README that says how to load it into another installation.
        </p>
      </div>
      <ExportPanel initial={status} />
      <section aria-labelledby="export-contents" className="mt-6 max-w-2xl">
        <h2 id="export-contents" className="text-sm font-medium">
          What it holds
        </h2>
        <dl className="mt-2 divide-y overflow-hidden rounded-lg border bg-card text-sm">
          {tables.map(({ name, title, rows, accuracy }) => (
            <div key={name} className="flex items-baseline justify-between gap-4 px-4 py-2">
              <dt className="min-w-0">{title}</dt>
              <dd className="num shrink-0 text-muted-foreground">
                {accuracy === 'exact' ? '' : `${accuracy} `}
                {formatCount(rows)} {rows === 1 ? 'row' : 'rows'}
              </dd>
            </div>
          ))}
        </dl>
        <p className="mt-2 text-sm text-muted-foreground text-pretty">
          Not in it: passwords, sign-ins and the secrets of API keys. What is written while the download runs
          may or may not be in it; nothing is in it twice. The manifest is the last file of the archive: one
          without it is not complete.
        </p>
      </section>
    </>
  );
}
