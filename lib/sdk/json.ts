/** Deeper than any metadata is meant to be, and far from the end of the stack. */
const MAX_DEPTH = 64;

/**
 * A value as JSON, whatever it holds: cycles, getters that throw and what is too deep become words that say so, a BigInt a
 * number or its digits, an Error its message. Throws only where there is no JSON of such length.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(plain(value, [])) ?? 'null';
}

function plain(value: unknown, above: unknown[]): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= MAX_DEPTH) return '[too deep]';
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    const own = 'toJSON' in value && typeof value.toJSON === 'function' ? value.toJSON() : value;
    if (typeof own !== 'object' || own === null) return plain(own, above);
    const path = [...above, value];
    if (Array.isArray(own)) return Array.from(own, (item) => plain(item, path));
    return Object.fromEntries(Object.keys(own).map((name) => [name, read(own, name, path)]));
  } catch {
    return '[unreadable]';
  }
}

function read(from: object, name: string, path: unknown[]): unknown {
  try {
    return plain((from as Record<string, unknown>)[name], path);
  } catch {
    return '[unreadable]';
  }
}
