const integers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 12345 → "12,345". The locale is fixed, so that server and browser write the same. */
export function formatCount(value: number): string {
  return integers.format(value);
}

/** Milliseconds as a person reads them: "840 ms", "1.28 s", "2 min 5 s". */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = `${formatCount(Math.floor(seconds / 60))} min`;
  return seconds % 60 === 0 ? minutes : `${minutes} ${seconds % 60} s`;
}

/** A retriever's score, on whatever scale it has: three decimals for small numbers, fewer for large ones. */
export function formatScore(score: number): string {
  const size = Math.abs(score);
  if (size !== 0 && size < 0.0005) return score.toExponential(1);
  return size < 10 ? score.toFixed(3) : size < 10_000 ? score.toFixed(1) : formatCount(score);
}

/** "3 chunks", "1 chunk". */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** US dollars, with as many decimals as small amounts need: "$1.25", "$0.0042", "$0.000073". */
export function formatCost(dollars: number): string {
  if (dollars === 0 || dollars >= 0.995) return `$${dollars.toFixed(2)}`;
  return dollars < 0.000001
    ? '< $0.000001'
    : `$${Number(dollars.toPrecision(2))
        .toFixed(8)
        .replace(/0{1,6}$/, '')}`;
}

/** Integer US cents as a person reads them: "$49", "$0.20". */
export function formatCents(cents: number): string {
  return (cents / 100).toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: cents % 100 === 0 ? 0 : 2,
  });
}

const sizes = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
] as const;

/** Bytes by powers of ten, with three digits: "0 B", "840 B", "12.4 MB", "1.02 GB". */
export function formatBytes(bytes: number): string {
  // 999,600 would be written "1000 kB": it belongs to the next unit.
  const found = sizes.find(([size]) => Math.abs(bytes) >= size * 0.9995);
  if (!found || Math.abs(bytes) < 1000) return `${formatCount(bytes)} B`;
  const [size, unit] = found;
  return `${Number((bytes / size).toPrecision(3))} ${unit}`;
}
