import { z } from 'zod';

/** The probes, in the words of somebody who wants to see that a leak is impossible. */
export const probes = {
  'trace-by-id': 'Open a trace of another workspace by its id',
  'trace-list': 'Find it in the list of traces',
  'foreign-key-of-tenant': 'Ask the database for rows of the other workspace by its id',
  'no-predicate': 'Ask for all rows, forgetting to say whose',
  'foreign-schema': 'Read the other workspace’s own table by its full name',
  'parent-table': 'Read the table above all workspaces’ tables',
  'write-into-own-partition': 'Store a row that claims to belong to the other workspace',
  'write-into-foreign-partition': 'Store a row in the other workspace’s table',
  'control-rows': 'Read its API keys, members, usage and audit log',
  credentials: 'Read password hashes and secrets of keys',
  'foreign-key-on-host': 'Use its API key on this workspace’s address',
} as const;

export type ProbeId = keyof typeof probes;

/** One run. `at` is ISO 8601 in UTC; `outcome` says how a probe was refused, or what it got. */
export const isolationCheck = z.object({
  at: z.iso.datetime(),
  passed: z.boolean(),
  probes: z.array(
    z.object({
      probe: z.enum(Object.keys(probes) as [ProbeId, ...ProbeId[]]),
      refused: z.boolean(),
      outcome: z.string(),
    }),
  ),
});
export type IsolationCheck = z.infer<typeof isolationCheck>;

export const runIsolationCheckInput = z.object({});
