import { Badge } from '@/components/ui/badge';

/** What a key may do, one badge for each scope. */
export function Scopes({ scopes }: { scopes: string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {scopes.map((scope) => (
        <Badge key={scope} variant="outline" className="font-mono text-[0.6875rem] font-normal">
          {scope}
        </Badge>
      ))}
    </span>
  );
}
