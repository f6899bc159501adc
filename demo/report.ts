import { type Configuration, configurationNames } from './configurations';
import type { DemoTrace } from './pipeline';
import type { Outcome } from './send';

/** A trace that was dealt with, and how. */
export type Sent = { trace: DemoTrace; outcome: Outcome };

/** What was sent, by configuration, and what was refused, with the reason once for all that share it. */
export function report(sent: readonly Sent[], url: URL): string {
  const rows = configurationNames.map((name) => toRow(name, sent));
  const lines = [['Configuration', 'stored', 'refused', 'with an error'], ...rows, toRow(null, sent)];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const table = lines.map((line) =>
    line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    ),
  );
  const refusals = new Map<string, DemoTrace[]>();
  for (const { trace, outcome } of sent) {
    if (outcome.kind === 'refused')
      refusals.set(outcome.reason, [...(refusals.get(outcome.reason) ?? []), trace]);
  }
  const reasons = [...refusals].map(
    ([reason, traces]) => `  ${traces.length} × ${reason} (such as ${traces[0]?.trace_id})`,
  );
  return [
    ...table.map((cells) => `  ${cells.join('  ')}`.trimEnd()),
    ...(reasons.length > 0 ? ['', 'Refused:', ...reasons] : []),
    '',
    `See them: ${url.origin}${url.pathname.replace(/\/+$/, '')}/traces`,
  ].join('\n');
}

function toRow(configuration: Configuration | null, sent: readonly Sent[]): string[] {
  const own = sent.filter(({ trace }) => !configuration || trace.metadata.configuration === configuration);
  const stored = own.filter(({ outcome }) => outcome.kind !== 'refused');
  const failed = stored.filter(({ trace }) => trace.error !== undefined).length;
  return [configuration ?? 'all', String(stored.length), String(own.length - stored.length), String(failed)];
}
