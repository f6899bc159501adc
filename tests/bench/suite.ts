import type { Report } from './report';

/** What a suite is given: where to print, and what stood after its name on the command line. DATABASE_URL is its own. */
export type BenchTools = { report: Report; args: readonly string[] };

/**
 * What `tests/bench/<name>.suite.ts` exports. It migrates the empty database at DATABASE_URL, measures, and prints its
 * figures beside a baseline that it measured in the same run.
 */
export type Suite = { name: string; run: (tools: BenchTools) => Promise<void> };
