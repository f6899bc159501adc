import { ExpandableText } from '@/components/data/expandable-text';
import { JsonTree } from '@/components/data/json-tree';

const order = new Intl.Collator('en', { numeric: true });

function Value({ name, value }: { name: string; value: unknown }) {
  if (typeof value === 'string' && value !== '') return <ExpandableText text={value} what={name} />;
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    return <JsonTree value={value} />;
  if (value === '') return <span className="text-muted-foreground italic">empty</span>;
  return <span className="num wrap-any font-mono text-[0.9em]">{JSON.stringify(value)}</span>;
}

/** What a span or event carries, by name: names are long and dotted, so they have room, and numbers in them are in order. */
export function AttributeList({ attributes }: { attributes: Record<string, unknown> }) {
  const entries = Object.entries(attributes).sort(([a], [b]) => order.compare(a, b));
  return (
    <dl className="divide-y text-[0.8125rem]">
      {entries.map(([name, value]) => (
        <div
          key={name}
          className="grid gap-x-4 gap-y-0.5 py-1.5 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)] sm:items-baseline"
        >
          <dt className="wrap-any font-mono text-xs text-muted-foreground">{name || '(no name)'}</dt>
          <dd className="min-w-0">
            <Value name={name} value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
