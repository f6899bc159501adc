import { type Column, cellText } from '@/components/charts/units';

/** A chart's numbers as a table that is read aloud and not seen. */
export function ChartTable({
  caption,
  ranges,
  columns,
}: {
  caption: string;
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
          {ranges.map((range, bin) => (
            <tr key={range}>
              <th scope="row">{range}</th>
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
