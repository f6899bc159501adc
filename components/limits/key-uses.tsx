import { KeyRoundIcon } from 'lucide-react';
import Link from 'next/link';
import { formatCount } from '@/components/data/format';
import { CapKey } from '@/components/limits/cap-key';
import { Badge } from '@/components/ui/badge';
import { Button } from '@/components/ui/button';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import type { KeyUse } from '@/lib/workflows/limits/schema';

type Props = {
  keys: KeyUse[];
  canCap: boolean;
  /** The workspace's own rate, which a key without a cap has whole. */
  perSecond: number;
};

/** Who asks: each key's part in the last quarter of an hour, and the cap that keeps it from using up the others'. */
export function KeyUses({ keys, canCap, perSecond }: Props) {
  const all = keys.reduce((sum, key) => sum + key.admitted, 0);
  return (
    <section aria-labelledby="key-uses" className="mt-6">
      <h2 id="key-uses" className="text-sm font-semibold">
        Who asks
      </h2>
      <p className="mt-0.5 max-w-2xl text-sm text-muted-foreground text-pretty">
        Each key in the last 15 minutes. A key with a limit of its own cannot use up what the others need;
        without one it has the whole rate of the workspace.
      </p>
      {keys.length === 0 ? (
        <div className="mt-3 rounded-lg border border-dashed px-4 py-8 text-center">
          <KeyRoundIcon aria-hidden="true" className="mx-auto size-5 text-muted-foreground" />
          <p className="mt-2 text-sm text-muted-foreground">This workspace has no API key yet.</p>
          <Button asChild size="sm" className="mt-3">
            <Link href="/settings/api-keys">Go to API keys</Link>
          </Button>
        </div>
      ) : (
        <>
          <UsesTable keys={keys} all={all} canCap={canCap} perSecond={perSecond} />
          <UsesCards keys={keys} all={all} canCap={canCap} perSecond={perSecond} />
        </>
      )}
    </section>
  );
}

type ListProps = Props & { all: number };

function UsesTable({ keys, all, canCap, perSecond }: ListProps) {
  return (
    <div className="mt-3 hidden overflow-hidden rounded-lg border bg-card md:block">
      <Table className="table-fixed" aria-label="Requests by key">
        <TableHeader className="bg-muted/60">
          <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
            <TableHead>Key</TableHead>
            <TableHead className="w-56">Let through</TableHead>
            <TableHead className="w-28 text-right">Refused</TableHead>
            <TableHead className="w-52 pl-6!">Its own limit</TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {keys.map((key) => (
            <TableRow key={key.keyId} className="[&_td]:px-2.5 [&_td]:py-2 [&_td]:text-[0.8125rem]">
              <TableCell>
                <Name apiKey={key} />
              </TableCell>
              <TableCell>
                <Share admitted={key.admitted} all={all} />
              </TableCell>
              <TableCell className="num text-right">{formatCount(key.limited)}</TableCell>
              <TableCell className="pl-6!">
                <Cap apiKey={key} canCap={canCap} perSecond={perSecond} />
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}

function UsesCards({ keys, all, canCap, perSecond }: ListProps) {
  return (
    <ul className="mt-3 flex flex-col gap-2 md:hidden">
      {keys.map((key) => (
        <li key={key.keyId} className="rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem]">
          <Name apiKey={key} />
          <div className="mt-2">
            <Share admitted={key.admitted} all={all} />
          </div>
          <div className="mt-2 flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
            <span className="num text-muted-foreground">{formatCount(key.limited)} refused</span>
            <Cap apiKey={key} canCap={canCap} perSecond={perSecond} />
          </div>
        </li>
      ))}
    </ul>
  );
}

function Name({ apiKey }: { apiKey: KeyUse }) {
  return (
    <div className="flex min-w-0 items-center gap-2">
      <span className="min-w-0 truncate text-sm font-medium" title={apiKey.name}>
        {apiKey.name}
      </span>
      {!apiKey.isLive && <Badge variant="secondary">ended</Badge>}
    </div>
  );
}

/** A count, with a bar for its part of all. */
function Share({ admitted, all }: { admitted: number; all: number }) {
  const part = all > 0 ? (admitted / all) * 100 : 0;
  return (
    <div className="flex items-center gap-3">
      <span className="num w-16 shrink-0 text-right">{formatCount(admitted)}</span>
      <span aria-hidden="true" className="h-1.5 min-w-0 flex-1 overflow-hidden rounded-full bg-muted">
        <span className="block h-full rounded-full bg-primary" style={{ width: `${part}%` }} />
      </span>
    </div>
  );
}

function Cap({ apiKey, canCap, perSecond }: { apiKey: KeyUse; canCap: boolean; perSecond: number }) {
  return (
    <div className="flex items-center justify-between gap-2">
      <span className={apiKey.cap === null ? 'text-muted-foreground' : 'num'}>
        {apiKey.cap === null ? 'none' : `${formatCount(apiKey.cap)} a second`}
      </span>
      {canCap && apiKey.isLive && <CapKey apiKey={apiKey} perSecond={perSecond} />}
    </div>
  );
}
