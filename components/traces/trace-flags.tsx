import { TriangleAlertIcon } from 'lucide-react';

const sentences: Readonly<Record<string, string>> = {
  'odd-time': 'Some of its times are before the year 2000 or more than a day ahead of our clock.',
  'negative-duration': 'Something in it ended before it began.',
  'bad-parent': 'The id of a span’s parent is none, so that the span stands alone.',
  'projects-differ': 'Its spans belong to more than one project; the outermost span’s counts.',
  'too-many-spans': 'It has more spans than it was assembled from; the first ones count.',
};

/** What is odd about a trace or span, in sentences. One that we do not know yet shows its name. */
export function flagSentences(flags: readonly string[]): string[] {
  return flags.map((flag) => sentences[flag] ?? flag);
}

/** What is odd about a trace, though it was kept. Renders nothing where nothing is. */
export function TraceFlags({ flags }: { flags: readonly string[] }) {
  if (flags.length === 0) return null;
  return (
    <ul className="mt-3 flex flex-col gap-1 text-sm text-traffic-amber">
      {flagSentences(flags).map((sentence) => (
        <li key={sentence} className="flex items-start gap-2">
          <TriangleAlertIcon aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
          {sentence}
        </li>
      ))}
    </ul>
  );
}
