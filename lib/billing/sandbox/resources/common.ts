import { parameters } from '../params';

/** An endpoint that takes nothing but `expand`. */
export const onlyExpand = parameters<{ expand?: string[] }>()({});

/** Metadata after an update: given keys are set, those given empty are taken away, and an empty text takes all away. */
export function mergeMetadata(
  before: Record<string, string> | null,
  given: Record<string, string> | null | undefined,
): Record<string, string> {
  if (given === null) return {};
  const merged = { ...before, ...given };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}

/** The fields that were given, without those that were not. */
export function given<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
