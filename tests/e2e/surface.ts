import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Permission } from '@/lib/auth/permissions';

/**
 * Everything that can be asked of the running build, found in the source tree and in what the build itself says, so
 * that nothing new goes untested: samples.ts must know each of these by its name.
 */
const root = path.resolve(import.meta.dirname, '../..');
const dist = path.join(root, process.env.NEXT_DIST_DIR ?? '.build/test/next', 'server');

export const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof methods)[number];

/** `GET /api/v1/traces/[traceId]`. Without a permission it is public. */
export type Route = {
  name: string;
  method: Method;
  path: string;
  permission: Permission | null;
  /** For operators alone: everybody else gets 404. */
  forOperators: boolean;
};
/** `/settings/api-keys` with the surface it is shown on; without a permission it is public. */
export type Page = {
  name: string;
  surface: 'site' | 'cloud' | 'tenant';
  path: string;
  permission: Permission | null;
  forOperators: boolean;
};
/** A server action: the name it is registered by, and the id by which the build calls it, on a page that carries it. */
export type Action = {
  name: string;
  permission: Permission | null;
  forOperators: boolean;
  id: string;
  pages: string[];
};

/** Every method of every API route. */
export function discoverRoutes(): Route[] {
  return filesBelow('app', /\/route\.ts$/).flatMap((file) => {
    const text = read(file);
    const address = addressOf(file);
    const found: Route[] = [];
    const add = (method: string, part: string) =>
      found.push({
        name: `${method} ${address}`,
        method: method as Method,
        path: address,
        permission: permissionIn(part),
        forOperators: /= operator(?:Stream)?Endpoint\(/.test(part),
      });
    for (const part of text.split(/^(?=export )/m)) {
      const own = /^export (?:const|(?:async )?function) (GET|POST|PUT|PATCH|DELETE)\b/.exec(part);
      if (own?.[1]) add(own[1], part);
      const list = /^export \{([^}]*)\}/.exec(part);
      for (const one of list?.[1]?.split(',') ?? []) {
        const exported =
          one
            .trim()
            .split(/\s+as\s+/)
            .at(-1) ?? '';
        if ((methods as readonly string[]).includes(exported)) add(exported, text);
      }
    }
    if (found.length === 0) throw new Error(`${file} is a route without a method that could be found`);
    return found;
  });
}

/** Every page, whichever host shows it. */
export function discoverPages(): Page[] {
  return filesBelow('app', /\/page\.tsx$/).map((file) => {
    const address = addressOf(file);
    const [, first] = address.split('/');
    const surface = first === 't' ? 'tenant' : first === 'cloud' || first === 'admin' ? 'cloud' : 'site';
    const shown =
      surface === 'tenant' ? address.slice('/t/[tenant]'.length) : address.replace(/^\/cloud(?=\/|$)/, '');
    const text = read(file);
    const gate = /requireTenant\(params, '([\w-]+:[\w-]+)'\)/.exec(text);
    return {
      name: address,
      surface,
      path: shown || '/',
      permission: (gate?.[1] as Permission | undefined) ?? null,
      forOperators: text.includes('await requireOperator()'),
    };
  });
}

/** Every server action that the build can be asked for. Throws when the build has one that no source file declares. */
export function discoverActions(): Action[] {
  const declared = declaredActions();
  const manifest = JSON.parse(readFileSync(path.join(dist, 'server-reference-manifest.json'), 'utf8')) as {
    node: Record<string, { workers: Record<string, unknown>; filename: string; exportedName: string }>;
    edge: Record<string, unknown>;
  };
  if (Object.keys(manifest.edge).length > 0) throw new Error('the build has actions of the edge runtime');
  return Object.entries(manifest.node).map(([id, { workers, filename, exportedName }]) => {
    const action = declared.get(`${filename}#${exportedName}`);
    if (!action) throw new Error(`${filename} has an action ${exportedName} that action() did not make`);
    return { ...action, id, pages: Object.keys(workers).map((page) => addressOf(`${page}.tsx`)) };
  });
}

type Declared = Pick<Action, 'name' | 'permission' | 'forOperators'>;

/** The actions of the source files by `file#export`: the names that `action()` and its kin register. */
export function declaredActions(): Map<string, Declared> {
  const all = new Map<string, Declared>();
  for (const file of ['lib', 'app', 'components'].flatMap((folder) => filesBelow(folder, /\.tsx?$/))) {
    const text = read(file);
    if (!/^'use server';/m.test(text)) continue;
    for (const part of text.split(/^(?=export )/m)) {
      const [, exported] = /^export (?:const|(?:async )?function) (\w+)/.exec(part) ?? [];
      if (!exported) continue;
      const [, maker, name] =
        /= (action|publicAction|operatorAction)\(\s*\{\s*name: '([^']+)'/.exec(part) ?? [];
      if (!name) throw new Error(`${file} exports ${exported}, whose action's name could not be found`);
      all.set(`${file}#${exported}`, {
        name,
        permission: permissionIn(part),
        forOperators: maker === 'operatorAction',
      });
    }
  }
  return all;
}

/** The routes and pages that the build serves, as its own manifest lists them: `/api/v1/traces/route`. */
export function builtEntries(): string[] {
  return Object.keys(
    JSON.parse(readFileSync(path.join(dist, 'app-paths-manifest.json'), 'utf8')) as object,
  ).map((entry) => addressOf(`app${entry}.x`) + (entry.endsWith('/route') ? ' (route)' : ''));
}

/** The address of a route's or page's file: without groups such as `(console)`, and without its own name. */
function addressOf(file: string): string {
  const parts = file.split('/').slice(1, -1);
  return `/${parts.filter((part) => !/^\(.*\)$/.test(part)).join('/')}`;
}

function permissionIn(text: string): Permission | null {
  return (/\bpermission: '([\w-]+:[\w-]+)'/.exec(text)?.[1] as Permission | undefined) ?? null;
}

function filesBelow(folder: string, name: RegExp): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll(path.sep, '/')}`)
    .filter((file) => name.test(file))
    .sort();
}

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
