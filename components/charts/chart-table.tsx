import type { ChartBin } from '@/components/charts/prepare';
import { type Column, cellText } from '@/components/charts/units';

/** A chart's numbers as a table that is read aloud and not seen. */
export function ChartTable({
  caption,
  bins,
  ranges,
  columns,
}: {
  caption: string;
  bins: readonly ChartBin[];
  /** The time of each bin, in words. */
  ranges: readonly string[];
  columns: readonly Column[];
}) {
  return (
    <div className="sr-only">
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {columns.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bins.map(({ from }, bin) => (
            <tr key={from}>
              <th scope="row">{ranges[bin]}</th>
              {columns.map((column) => (
                <td key={column.label}>{cellText(column, bin)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
