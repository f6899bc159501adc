import { sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { logError } from '@/lib/log';

/** A key's last use is written once in this time, in milliseconds: whoever reads it wants to know the day. */
const THROTTLE_MS = 60_000;
/** Keys remembered as noted; the one noted longest ago goes first, and may be written once more. */
const CAPACITY = 50_000;
/** Keys written by one statement. */
const BATCH = 500;

type Use = { tenantId: string; keyId: string; at: Date; ip: string | null };
type State = {
  /** When each key was last noted, the one noted longest ago first. */
  notedAt: Map<string, number>;
  waiting: Map<string, Use>;
  writing: Promise<void> | null;
};

// server.ts, which flushes, and Next, which notes, are two bundles in one process.
const USES = Symbol.for('ragtoolkit.key-uses');
const globals = globalThis as { [USES]?: State };

function state(): State {
  globals[USES] ??= { notedAt: new Map(), waiting: new Map(), writing: null };
  return globals[USES];
}

/**
 * Notes that a key was used now, from an IP address. No request waits for it: it is written in the background, at most
 * once a minute for each key, and what cannot be written is forgotten.
 */
export function noteKeyUse(key: { tenantId: string; keyId: string }, ip: string | null): void {
  const { notedAt, waiting } = state();
  const name = `${key.tenantId}/${key.keyId}`;
  const now = Date.now();
  if (now - (notedAt.get(name) ?? 0) < THROTTLE_MS) return;
  notedAt.delete(name);
  notedAt.set(name, now);
  if (notedAt.size > CAPACITY) {
    const oldest = notedAt.keys().next();
    if (!oldest.done) notedAt.delete(oldest.value);
  }
  waiting.set(name, { ...key, at: new Date(now), ip });
  write();
}

/** Waits until every use noted so far is written, or has failed to be. For shutdown and tests. */
export async function flushKeyUses(): Promise<void> {
  while (state().writing) await state().writing;
}

/** One writer at a time: what is noted meanwhile goes with its next statement, on the same connection. */
function write(): void {
  const current = state();
  current.writing ??= drain()
    .catch((error) => logError(error, 'the last use of API keys was not written'))
    .finally(() => {
      current.writing = null;
      if (current.waiting.size > 0) write();
    });
}

async function drain(): Promise<void> {
  const { waiting } = state();
  const uses = [...waiting].slice(0, BATCH);
  for (const [name] of uses) waiting.delete(name);
  const column = (read: (use: Use) => string | null) => JSON.stringify(uses.map(([, use]) => read(use)));
  // Other processes note uses too: the row says whether the minute is over. Rows that somebody is changing are skipped,
  // so that nothing ever waits here in a circle.
  await pool('platform').db.execute(sql`
    with used as (
      select t::uuid as tenant_id, k::uuid as id, a::timestamptz as at, i as ip
      from rows from (
        jsonb_array_elements_text(${column(({ tenantId }) => tenantId)}::text::jsonb),
        jsonb_array_elements_text(${column(({ keyId }) => keyId)}::text::jsonb),
        jsonb_array_elements_text(${column(({ at }) => at.toISOString())}::text::jsonb),
        jsonb_array_elements_text(${column(({ ip }) => ip)}::text::jsonb)) u (t, k, a, i)
    ), due as (
      select k.tenant_id, k.id, used.at, used.ip
      from api_keys k join used using (tenant_id, id)
      where k.last_used_at is null or k.last_used_at <= used.at - make_interval(secs => ${THROTTLE_MS / 1000})
      for update of k skip locked
    )
    update api_keys k set last_used_at = due.at, last_used_ip = due.ip
    from due where k.tenant_id = due.tenant_id and k.id = due.id`);
}
