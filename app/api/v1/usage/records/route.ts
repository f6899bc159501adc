import { endpoint } from '@/lib/http/endpoint';
import { listUsageRecords } from '@/lib/metering/queries';
import { toCsv } from '@/lib/metering/rules';
import { recordsQuery, usageRecordList } from '@/lib/metering/schema';

export const GET = endpoint({
  summary: 'List what was used by hour, day or month',
  description:
    'Whole hours, days or months in UTC. As JSON, or as CSV with `format=csv` or an `Accept` header that prefers `text/csv`. Hours are closed five minutes after their end; what commits later makes a revision.',
  tag: 'Workspace',
  route: '/api/v1/usage/records',
  limit: 'caller',
  permission: 'usage:read',
  query: recordsQuery,
  response: usageRecordList,
  csv: { filename: 'usage.csv', write: ({ records }) => toCsv(records) },
  handler: async (ctx, { query }) => ({ records: await listUsageRecords(ctx, query) }),
});
