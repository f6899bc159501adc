import { LocalTime } from '@/components/data/local-time';
import { RelativeTime } from '@/components/data/relative-time';
import { CreateOperatorKey, RevokeOperatorKey } from '@/components/operator/create-operator-key';
import { type DataColumn, DataTable } from '@/components/operator/data-table';
import { Nothing, PageHead } from '@/components/operator/page-head';
import { Badge } from '@/components/ui/badge';
import type { OperatorKeyRow } from '@/lib/workflows/operators/schema';

const columns: readonly DataColumn<OperatorKeyRow>[] = [
  {
    label: 'Key',
    cell: ({ name, createdBy }) => (
      <>
        <span className="block font-medium wrap-anywhere">{name}</span>
        <span className="block text-xs text-muted-foreground">{createdBy ?? 'maker is gone'}</span>
      </>
    ),
  },
  {
    label: 'State',
    cell: ({ state }) => <Badge variant={state === 'live' ? 'secondary' : 'outline'}>{state}</Badge>,
  },
  { label: 'Made', cell: ({ createdAt }) => <RelativeTime iso={createdAt} /> },
  {
    label: 'Ends',
    cell: ({ expiresAt }) => (expiresAt ? <LocalTime iso={expiresAt} style="full" /> : 'when revoked'),
  },
  {
    label: 'Last used',
    cell: ({ lastUsedAt }) =>
      lastUsedAt ? <RelativeTime iso={lastUsedAt} /> : <span className="text-muted-foreground">never</span>,
  },
  {
    label: 'Actions',
    cell: ({ id, name, state }) => (state === 'live' ? <RevokeOperatorKey id={id} name={name} /> : null),
  },
];

/** The keys of the operators' scripts, never their secrets. */
export function OperatorKeysView({ keys, origin }: { keys: OperatorKeyRow[]; origin: string }) {
  return (
    <>
      <PageHead title="Operator keys" actions={<CreateOperatorKey origin={origin} />}>
        For scripts that run the platform: <code className="text-xs">/api/v1/admin/…</code>, with{' '}
        <code className="text-xs">Authorization: Bearer rto_…</code>
      </PageHead>
      <div className="overflow-hidden rounded-lg border bg-card">
        {keys.length > 0 ? (
          <DataTable label="Operator keys" columns={columns} rows={keys} keyOf={({ id }) => id} />
        ) : (
          <Nothing action={<CreateOperatorKey origin={origin} />}>No script has a key yet.</Nothing>
        )}
      </div>
    </>
  );
}
