import type { ReactNode } from 'react';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';

export type DataColumn<T> = {
  label: string;
  cell: (row: T) => ReactNode;
  /** Figures stand at the right, below each other. */
  align?: 'right';
  /** Left out of the narrow form, where the first column already says it. */
  className?: string;
};

/**
 * Rows of a list: a table where there is room, a card for each on a narrow screen, with the same words. The first column
 * names the row.
 */
export function DataTable<T>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly DataColumn<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
}) {
  const [first, ...others] = columns;
  if (!first) return null;
  return (
    <>
      <div className="hidden md:block">
        <Table aria-label={label}>
          <TableHeader className="bg-muted/60">
            <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-3 [&_th]:text-xs [&_th]:text-muted-foreground">
              {columns.map((column) => (
                <TableHead key={column.label} className={column.align === 'right' ? 'text-right' : ''}>
                  {column.label}
                </TableHead>
              ))}
            </TableRow>
          </TableHeader>
          <TableBody>
            {rows.map((row) => (
              <TableRow key={keyOf(row)} className="[&_td]:px-3 [&_td]:py-2 [&_td]:text-[0.8125rem]">
                {columns.map((column) => (
                  <TableCell
                    key={column.label}
                    className={`num ${column.align === 'right' ? 'text-right' : ''} ${column.className ?? ''}`}
                  >
                    {column.cell(row)}
                  </TableCell>
                ))}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
      <ul aria-label={label} className="divide-y md:hidden">
        {rows.map((row) => (
          <li key={keyOf(row)} className="px-4 py-3 text-[0.8125rem]">
            <div className="min-w-0">{first.cell(row)}</div>
            <dl className="mt-2 grid grid-cols-2 gap-x-4 gap-y-1">
              {others.map((column) => (
                <div
                  key={column.label}
                  className="flex min-w-0 flex-col has-[dd:empty]:hidden has-[dd>:empty:only-child]:hidden"
                >
                  <dt className="text-xs text-muted-foreground">{column.label}</dt>
                  <dd className="num min-w-0 wrap-anywhere">{column.cell(row)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </>
  );
}
