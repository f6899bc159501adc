/** An address with a query of what is given; what is empty is left out. */
export function toHref(path: string, query: Record<string, string | undefined>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const search = new URLSearchParams(given).toString();
  return search ? `${path}?${search}` : path;
}
