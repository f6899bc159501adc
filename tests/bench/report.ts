import os from 'node:os';

export type Report = ReturnType<typeof createReport>;

/** Prints what a suite found: figures to the standard output, what it is doing to the other. */
export function createReport() {
  const print = (text: string) => process.stdout.write(`${text}\n`);
  return {
    title(name: string) {
      const machine = `${os.availableParallelism()} cores, Node ${process.versions.node}`;
      print(`\n${name} (${new Date().toISOString().slice(0, 10)}, ${machine})`);
    },
    /** The first column is text, the others are figures. */
    table(head: readonly string[], rows: readonly (readonly string[])[]) {
      const widths = head.map((_, column) =>
        Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
      );
      const line = (row: readonly string[]) =>
        widths
          .map((width, column) =>
            column === 0 ? (row[0] ?? '').padEnd(width) : (row[column] ?? '').padStart(width),
          )
          .join('  ');
      print(
        ['', line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n'),
      );
    },
    note: print,
    progress(text: string) {
      process.stderr.write(`· ${text}\n`);
    },
  };
}
