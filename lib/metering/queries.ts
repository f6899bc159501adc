import type { TenantContext } from '@/lib/tenancy/context';
import type { Span } from './rules';
import type {
  CurrentUsage,
  ExplainQuery,
  HistoryQuery,
  MetricValues,
  RecordsQuery,
  UsageExplanation,
  UsageMonth,
  UsageRecord,
} from './schema';

// Signatures. What follows them comes with the next commits.

/** What the tenant used in its current period, the open hour included. */
export declare function getUsage(ctx: TenantContext): Promise<CurrentUsage>;

/** The current period and those before it, the newest first. */
export declare function listUsageHistory(ctx: TenantContext, query: HistoryQuery): Promise<UsageMonth[]>;

/** Records by hour, day or month, oldest first. */
export declare function listUsageRecords(ctx: TenantContext, query: RecordsQuery): Promise<UsageRecord[]>;

/** What a number is made of: commits, keys, projects, members, sample traces, reports. Throws AppError `not_found`. */
export declare function explainUsage(ctx: TenantContext, query: ExplainQuery): Promise<UsageExplanation>;

/** A tenant's values in its current period: for quotas, without authorize, at most 10 s old, one query for many askers. */
export declare function cachedUsage(tenantId: string): Promise<{ period: Span; values: MetricValues }>;
