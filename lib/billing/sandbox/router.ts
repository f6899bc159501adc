import type { z } from 'zod';
import type { Box } from './box';

export type Method = 'GET' | 'POST' | 'DELETE';

/** An endpoint of the API. `run` does it inside of a transaction and answers with the object, or a list of them. */
export type Route = {
  method: Method;
  /** Segments of the path; those that begin with a colon take any text. */
  segments: string[];
  schema: z.ZodType<{ expand?: string[] | undefined }>;
  run: (box: Box, params: never, path: Record<string, string>) => object;
};

/** Declares an endpoint: `params` are checked against `schema` before it runs. */
export function route<Schema extends z.ZodType<{ expand?: string[] | undefined }>>(
  method: Method,
  path: string,
  schema: Schema,
  run: (box: Box, params: z.infer<Schema>, path: Record<string, string>) => object,
): Route {
  return { method, segments: path.split('/').slice(1), schema, run: run as Route['run'] };
}

/** The endpoint of an address, and what its segments are. Those that are fixed texts come before those that take any. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { route: Route; path: Record<string, string> } | null {
  const parts = pathname.split('/').slice(1);
  const fitting = routes.filter(
    (route) =>
      route.method === method &&
      route.segments.length === parts.length &&
      route.segments.every((segment, index) => segment.startsWith(':') || segment === parts[index]),
  );
  const fixed = (route: Route) => route.segments.filter((segment) => !segment.startsWith(':')).length;
  const [best] = fitting.sort((a, b) => fixed(b) - fixed(a));
  if (!best) return null;
  const path: Record<string, string> = {};
  best.segments.forEach((segment, index) => {
    if (segment.startsWith(':')) path[segment.slice(1)] = decodeSegment(parts[index] ?? '');
  });
  return { route: best, path };
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
