import { CheckIcon, MinusIcon } from 'lucide-react';
import { Badge } from '@/components/ui/badge';
import { Table, TableBody, TableCell, TableHead, TableHeader, TableRow } from '@/components/ui/table';
import type { Role } from '@/lib/auth/schema';

type Permission = { name: string; description: string; roles: readonly Role[] };
type Resource = { title: string; permissions: Permission[] };
type Scope = { name: string; description: string; grants: readonly string[] };

/** What each role may do, with the reader's own marked, and what the scopes of API keys are good for. */
export function RolesView({
  roles,
  resources,
  scopes,
  own,
}: {
  roles: readonly Role[];
  resources: Resource[];
  scopes: Scope[];
  own: Role;
}) {
  const total = resources.reduce((sum, { permissions }) => sum + permissions.length, 0);
  return (
    <>
      <div className="max-w-2xl">
        <h1 className="text-xl font-semibold tracking-tight">Roles</h1>
        <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
          Everybody has one role in this workspace. You are <strong className="font-medium">{own}</strong>.
        </p>
      </div>
      <div className="mt-4 overflow-hidden rounded-lg border bg-card">
        <Table aria-label="What each role may do" className="table-fixed">
          <TableHeader className="bg-muted/60">
            <TableRow className="hover:bg-transparent [&_th]:h-9 [&_th]:px-1 [&_th]:text-xs [&_th]:text-muted-foreground">
              <TableHead className="pl-3.5!">May</TableHead>
              {roles.map((role) => (
                <TableHead key={role} className="w-16 text-center sm:w-28">
                  {role}
                  {role === own && (
                    <Badge variant="outline" className="ml-1.5 hidden sm:inline-flex">
                      you
                    </Badge>
                  )}
                  {role === own && <span className="sr-only sm:hidden"> (you)</span>}
                </TableHead>
              ))}
            </TableRow>
          </TableHeader>
          {resources.map(({ title, permissions }) => (
            <TableBody key={title} className="border-t first:border-t-0">
              <TableRow className="border-0 hover:bg-transparent">
                <th
                  scope="colgroup"
                  colSpan={roles.length + 1}
                  className="px-3.5 pt-3 pb-1 text-left text-sm font-medium"
                >
                  {title}
                </th>
              </TableRow>
              {permissions.map((permission) => (
                <TableRow key={permission.name} className="border-0 [&_td]:py-1.5 [&_td]:text-[0.8125rem]">
                  <TableCell className="pl-3.5! whitespace-normal" title={permission.name}>
                    {permission.description}
                  </TableCell>
                  {roles.map((role) => (
                    <TableCell
                      key={role}
                      className={role === own ? 'bg-accent/40 text-center' : 'text-center'}
                    >
                      <Held held={permission.roles.includes(role)} />
                    </TableCell>
                  ))}
                </TableRow>
              ))}
            </TableBody>
          ))}
        </Table>
      </div>
      <section aria-labelledby="scopes" className="mt-8">
        <h2 id="scopes" className="text-base font-semibold tracking-tight">
          Scopes of API keys
        </h2>
        <p className="mt-0.5 max-w-2xl text-sm text-muted-foreground text-pretty">
          A key may do what its scopes say, and never more than the person who made it may do now.
        </p>
        <dl className="mt-3 divide-y overflow-hidden rounded-lg border bg-card text-[0.8125rem]">
          {scopes.map(({ name, description, grants }) => (
            <div key={name} className="grid gap-x-4 gap-y-1 px-3.5 py-2.5 md:grid-cols-[10rem_14rem_1fr]">
              <dt className="font-mono text-xs md:pt-0.5">{name}</dt>
              <dd>{description}</dd>
              <dd className="flex flex-wrap items-start gap-1">
                {grants.length === total ? (
                  <span className="text-muted-foreground">all permissions above</span>
                ) : (
                  grants.map((grant) => (
                    <Badge key={grant} variant="outline" className="font-mono text-[0.6875rem] font-normal">
                      {grant}
                    </Badge>
                  ))
                )}
              </dd>
            </div>
          ))}
        </dl>
      </section>
    </>
  );
}

function Held({ held }: { held: boolean }) {
  const Icon = held ? CheckIcon : MinusIcon;
  return (
    <>
      <Icon
        aria-hidden="true"
        className={held ? 'mx-auto size-4 text-traffic-green' : 'mx-auto size-4 text-muted-foreground/40'}
      />
      <span className="sr-only">{held ? 'yes' : 'no'}</span>
    </>
  );
}
