import { type Permission, permissions } from './permissions';
import { type Role, roles } from './schema';
import { scopes } from './scopes';

/** What the part of a permission before its colon is called. */
const resources = {
  traces: 'Traces',
  feedback: 'Feedback',
  evaluations: 'Evaluations',
  usage: 'Usage',
  billing: 'Billing',
  members: 'People',
  roles: 'Roles',
  'api-keys': 'API keys',
  audit: 'Audit log',
  isolation: 'Isolation',
  tenant: 'Workspace',
} as const satisfies Record<ResourceOf<Permission>, string>;

type ResourceOf<P extends string> = P extends `${infer Resource}:${string}` ? Resource : never;

/** The permissions table as people read it: by resource, with who holds what, and what a key's scopes are good for. */
export type PermissionTable = {
  roles: readonly Role[];
  resources: {
    title: string;
    permissions: { name: string; description: string; roles: readonly Role[] }[];
  }[];
  scopes: { name: string; description: string; grants: readonly string[] }[];
};

/** The permissions and scopes of lib/auth/permissions.ts and scopes.ts as plain data, for the page and the document. */
export function permissionTable(): PermissionTable {
  const all = Object.entries(permissions).map(([name, rest]) => ({ name, ...rest }));
  return {
    roles,
    resources: Object.entries(resources).map(([resource, title]) => ({
      title,
      permissions: all.filter(({ name }) => name.startsWith(`${resource}:`)),
    })),
    scopes: Object.entries(scopes).map(([name, scope]) => ({ name, ...scope })),
  };
}

/** The same table as Markdown: docs/roles.md. */
export function permissionsAsMarkdown(): string {
  const table = permissionTable();
  const people = table.resources.flatMap(({ permissions: own }) =>
    own.map(({ name, description, roles: held }) =>
      row([`\`${name}\``, description, ...table.roles.map((role) => (held.includes(role) ? 'yes' : ''))]),
    ),
  );
  const keys = table.scopes.map(({ name, description, grants }) => {
    const isAll = grants.length === Object.keys(permissions).length;
    return row([`\`${name}\``, description, isAll ? 'all' : grants.map((one) => `\`${one}\``).join(', ')]);
  });
  return `# Roles and scopes

Made from \`lib/auth/permissions.ts\` and \`lib/auth/scopes.ts\`; a test keeps it the same. The console shows this table at
Settings → Roles.

## What people may do

A person has one role in each workspace. Whoever does not belong to a workspace may do nothing there.

${[row(['permission', 'allows to', ...table.roles]), row(['---', '---', ...table.roles.map(() => '---')]), ...people].join('\n')}

## What API keys may do

A key has scopes, each of which grants permissions. It never may more than the person who made it may now; a service key,
which an admin makes, is held by its scopes alone.

${[row(['scope', 'allows to', 'permissions']), row(['---', '---', '---']), ...keys].join('\n')}
`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
