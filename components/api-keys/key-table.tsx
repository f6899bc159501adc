import { KeyBadge } from '@/components/api-keys/key-badge';
import { KeyMenu } from '@/components/api-keys/key-menu';
import { KeyMarks, KeyScopes } from '@/components/api-keys/key-scopes';
import type { ShownKey } from '@/components/api-keys/key-state';
import { KeyEnd, KeyOrigin, LastUse } from '@/components/api-keys/key-times';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';

/** Keys as table rows. */
export function KeyTable({
  keys,
  canManage,
  label = 'API keys',
}: {
  keys: ShownKey[];
  canManage: boolean;
  label?: string;
}) {
  return (
    <div className="hidden overflow-hidden rounded-lg border bg-card md:block">
      <Table className="table-fixed" aria-label={label}>
        <TableHeader className="bg-muted/60">
          <TableRow className="hover:bg-transparent [&_th]:h-8 [&_th]:px-2.5 [&_th]:text-xs [&_th]:text-muted-foreground">
            <TableHead>Name</TableHead>
            <TableHead className="w-42">Status</TableHead>
            <TableHead className="w-40">Scopes</TableHead>
            <TableHead className="w-34">Last used</TableHead>
            <TableHead className="w-12">
              <span className="sr-only">Actions</span>
            </TableHead>
          </TableRow>
        </TableHeader>
        <TableBody>
          {keys.map((key) => (
            <TableRow
              key={key.id}
              className="[&_td]:px-2.5 [&_td]:py-2 [&_td]:align-top [&_td]:text-[0.8125rem] [&_td]:whitespace-normal"
            >
              <TableCell>
                <p className="truncate text-sm font-medium" title={key.name}>
                  {key.name}
                </p>
                <KeyOrigin apiKey={key} />
                <KeyMarks apiKey={key} />
              </TableCell>
              <TableCell>
                <KeyBadge state={key.state} />
                <span className="mt-1 block">
                  <KeyEnd apiKey={key} />
                </span>
              </TableCell>
              <TableCell>
                <KeyScopes apiKey={key} />
              </TableCell>
              <TableCell>
                <LastUse apiKey={key} />
              </TableCell>
              <TableCell className="text-right">
                {key.mayAct && key.state !== 'revoked' && <KeyMenu apiKey={key} canManage={canManage} />}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}
