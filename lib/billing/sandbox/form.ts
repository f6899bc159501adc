/** What a form-encoded body or query string says: text, lists and groups of it. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type Form = { [key: string]: FormValue };

const MAX_PAIRS = 2_000;
const MAX_DEPTH = 8;

/** Thrown for a body that no SDK would send. */
export class FormError extends Error {}

type Node = { text?: string; children?: Map<string, Node> };

/**
 * Reads `a[b][0][c]=v` as Stripe does: names in brackets make groups, numbers and `[]` make lists.
 * Throws a FormError for a name that contradicts another one, is nested too deeply, or comes with too many others.
 */
export function decodeForm(text: string): Form {
  const root: Node = { children: new Map() };
  const pairs = [...new URLSearchParams(text)];
  if (pairs.length > MAX_PAIRS) throw new FormError(`More than ${MAX_PAIRS} parameters`);
  for (const [name, value] of pairs) place(root, toPath(name), value, name);
  return toValue(root) as Form;
}

function toPath(name: string): string[] {
  const first = name.indexOf('[');
  if (first < 0) return [name];
  const groups = [...name.slice(first).matchAll(/\[([^[\]]*)\]/g)];
  const isWhole = groups.map(([part]) => part).join('') === name.slice(first);
  if (first === 0 || !isWhole) throw new FormError(`Invalid parameter name: ${name}`);
  if (groups.length > MAX_DEPTH) throw new FormError(`Nested too deeply: ${name}`);
  return [name.slice(0, first), ...groups.map(([, inner]) => inner ?? '')];
}

function place(root: Node, path: string[], text: string, name: string): void {
  let node = root;
  for (const part of path) {
    if (node.text !== undefined) throw new FormError(`Invalid parameter: ${name} is both text and a group`);
    node.children ??= new Map();
    const key = part === '' ? String(node.children.size) : part;
    const next: Node = node.children.get(key) ?? {};
    node.children.set(key, next);
    node = next;
  }
  if (node.children) throw new FormError(`Invalid parameter: ${name} is both text and a group`);
  node.text = text;
}

function toValue(node: Node): FormValue {
  if (!node.children) return node.text ?? '';
  const keys = [...node.children.keys()];
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) {
    return [...node.children].sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => toValue(child));
  }
  // Without a prototype, so that a parameter named __proto__ is a name like any other.
  const group: Form = Object.create(null);
  for (const [key, child] of node.children) group[key] = toValue(child);
  return group;
}
