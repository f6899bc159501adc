import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** Processor time in ms, NaN where there is no /proc that tells. What a busy machine leaves as it is. */
export type Cpu = { server: number; postgres: number };

/** Fields of /proc/<pid>/stat after the name, which may hold spaces. */
function stat(pid: number | string): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

const ticks = (fields: string[], ...at: number[]) =>
  at.reduce((sum, index) => sum + Number(fields[index] ?? 0), 0) * TICK_MS;

/** Makes the reader of what a process, and PostgreSQL's processes that serve tenants' requests, have used until now. */
export function cpuReader(serverPid: number): () => Cpu {
  return () => {
    const server = stat(serverPid);
    if (!server) return { server: Number.NaN, postgres: Number.NaN };
    const serving = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isServing(name));
    const postgres = serving.reduce((sum, name) => sum + ticks(stat(name) ?? [], 11, 12), 0);
    return { server: ticks(server, 11, 12), postgres };
  };
}

/** PostgreSQL names its processes by what they do. Vacuum, checkpoints and the log's writers are not a request's. */
function isServing(pid: string): boolean {
  try {
    return /^postgres: ragtoolkit_app /.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}
