import { KeyBadge } from '@/components/api-keys/key-badge';
import { type ShownKey, shortId } from '@/components/api-keys/key-state';
import { KeyTimes } from '@/components/api-keys/key-times';
import { RevokeKey } from '@/components/api-keys/revoke-key';
import { Badge } from '@/components/ui/badge';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';

/** What a key may do, one badge for each scope. */
export function Scopes({ scopes }: { scopes: string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {scopes.map((scope) => (
        <Badge key={scope} variant="outline" className="font-mono text-[0.6875rem] font-normal">
          {scope}
        </Badge>
      ))}
    </span>
  );
}

/** Keys as table rows. */
export function KeyTable({
  keys,
  canRevoke,
  label = 'API keys',
}: {
  keys: ShownKey[];
  canRevoke: boolean;
  label?: string;
}) {
  return (
    <div className="hidden overflow-hidden rounded-lg border bg-card md:block">
      <Table className="table-fixed" aria-label={label}>
        <TableHeader className="bg-muted/60">
          <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
            <TableHead>Name</TableHead>
            <TableHead className="w-28">Status</TableHead>
            <TableHead className="w-56">Scopes</TableHead>
            <TableHead className="w-52">Created</TableHead>
            {canRevoke && (
              <TableHead className="w-24">
                <span className="sr-only">Actions</span>
              </TableHead>
            )}
          </TableRow>
        </TableHeader>
        <TableBody>
          {keys.map((key) => (
            <TableRow key={key.id} className="[&_td]:px-2.5 [&_td]:py-2 [&_td]:text-[0.8125rem]">
              <TableCell>
                <p className="truncate text-sm font-medium" title={key.name}>
                  {key.name}
                </p>
                <p className="font-mono text-xs text-muted-foreground" title={`Key id ${key.id}`}>
                  {shortId(key.id)}
                </p>
              </TableCell>
              <TableCell>
                <KeyBadge state={key.state} />
              </TableCell>
              <TableCell>
                <Scopes scopes={key.scopes} />
              </TableCell>
              <TableCell className="whitespace-normal">
                <KeyTimes apiKey={key} />
              </TableCell>
              {canRevoke && (
                <TableCell className="text-right">
                  <RevokeKey id={key.id} name={key.name} />
                </TableCell>
              )}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}
