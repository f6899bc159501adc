import { z } from 'zod';
import { invalidRequest, type StripeFailure } from './errors';
import { decodeForm, type Form, FormError } from './form';

/**
 * Parameters come as text, in groups and lists. These read them; what is not declared is unknown, and refused by name as
 * Stripe does.
 */
export const text = z.string().min(1).max(5_000);
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, 'integer')
  .transform(Number);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const decimal = z.string().regex(/^-?\d{1,15}(\.\d{1,12})?$/, 'decimal');
export const number = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,4})?$/, 'decimal')
  .transform(Number);

/** What may be cleared by an empty text, which is null here. */
export function emptyable<T extends z.ZodType>(type: T) {
  return z.union([z.literal('').transform(() => null), type]);
}

/** Keys with texts; an empty text takes a key away. */
export const metadata = z.union([
  z.literal('').transform(() => null),
  z.record(z.string().max(40), z.string().max(500)),
]);

/** `created` and its like: a moment, or a range of them. */
export const range = z.union([
  integer.transform((at) => ({ gte: at, lte: at })),
  z.strictObject({
    gt: integer.optional(),
    gte: integer.optional(),
    lt: integer.optional(),
    lte: integer.optional(),
  }),
]);

/** Which page of a list. */
export const page = {
  limit: integer.pipe(z.number().min(1).max(100)).default(10),
  starting_after: text.optional(),
  ending_before: text.optional(),
};

type ShapeOf<Params> = { [Key in keyof Params]?: z.ZodType } & { expand?: z.ZodType };

/**
 * Declares the parameters of a request. Each must be one that the SDK's own type has, so that a renamed one does not compile.
 */
export function parameters<Params>() {
  return <Shape extends ShapeOf<Params>>(
    shape: Shape & { [Key in Exclude<keyof Shape, keyof Params | 'expand'>]: never },
  ) => z.strictObject({ expand: z.array(text).optional(), ...(shape as Shape) });
}

/** Reads a body or query. Throws Stripe's error for what cannot be read. */
export function decode(body: string): Form {
  try {
    return decodeForm(body);
  } catch (error) {
    if (error instanceof FormError) throw invalidRequest(error.message);
    throw error;
  }
}

/** Checks a form against its declaration. Throws Stripe's error that names the first parameter that is wrong. */
export function parseParameters<T extends z.ZodType>(schema: T, form: Form): z.infer<T> {
  const result = schema.safeParse(form);
  if (result.success) return result.data;
  throw toFailure(result.error.issues[0], form);
}

function toFailure(issue: z.core.$ZodIssue | undefined, form: Form): StripeFailure {
  if (!issue) return invalidRequest('Invalid request');
  if (issue.code === 'invalid_union') {
    // The branch that got furthest says best what is wrong.
    const branches = issue.errors.flat().map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
    const deepest = branches.sort((a, b) => b.path.length - a.path.length)[0];
    if (deepest) return toFailure(deepest, form);
  }
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  const name = toName(path);
  const given = valueAt(form, path);
  if (issue.code === 'unrecognized_keys')
    return invalidRequest(`Received unknown parameter: ${name}`, name, 'parameter_unknown');
  if (given === undefined)
    return invalidRequest(`Missing required param: ${name}.`, name, 'parameter_missing');
  if (given === '')
    return invalidRequest(
      `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset.`,
      name,
      'parameter_invalid_empty',
    );
  if (issue.code === 'invalid_format' && issue.message === 'integer')
    return invalidRequest(`Invalid integer: ${String(given)}`, name, 'parameter_invalid_integer');
  if (issue.code === 'invalid_value')
    return invalidRequest(`Invalid ${name}: must be one of ${issue.values.join(', ')}`, name);
  return invalidRequest(`Invalid ${name}: ${issue.message}`, name);
}

function toName(path: PropertyKey[]): string {
  return path.map((part, index) => (index === 0 ? String(part) : `[${String(part)}]`)).join('');
}

function valueAt(form: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      value && typeof value === 'object' ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    form,
  );
}
