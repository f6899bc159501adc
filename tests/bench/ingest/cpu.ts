import { readdirSync, readFileSync } from 'node:fs';
import { pool } from '@/db/client';

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
  at.reduce((sum, index) => sum + Number(fields[index]), 0) * TICK_MS;

/** Makes the reader of what a process and PostgreSQL, with all of its processes, have used until now. */
export async function cpuReader(serverPid: number): Promise<() => Cpu> {
  const [row] = await pool('owner').sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const postmaster = stat(row?.pid ?? 0)?.[1];
  return () => {
    const server = stat(serverPid);
    const parent = postmaster === undefined ? null : stat(postmaster);
    if (!server || !parent) return { server: Number.NaN, postgres: Number.NaN };
    const children = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(stat)
      .filter((fields) => fields?.[1] === postmaster);
    // Its own time, that of children that have ended, and that of those that live.
    const living = children.reduce((sum, fields) => sum + (fields ? ticks(fields, 11, 12) : 0), 0);
    return { server: ticks(server, 11, 12), postgres: ticks(parent, 11, 12, 13, 14) + living };
  };
}
