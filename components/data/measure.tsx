/** A number, or a dash where there is none; what screen readers read then is `missing`. */
export function Measure({
  value,
  format,
  missing = 'not sent',
}: {
  value: number | null;
  format: (value: number) => string;
  missing?: string;
}) {
  if (value !== null) return <span className="num">{format(value)}</span>;
  return (
    <span className="text-muted-foreground">
      <span aria-hidden="true">–</span>
      <span className="sr-only">{missing}</span>
    </span>
  );
}
