import { CopyButton } from '@/components/data/copy-button';
import { cn } from '@/components/ui/cn';

/** A block of code with a copy button. Long lines scroll within the block, by keyboard too. */
export function CodeBlock({ code, label, className }: { code: string; label: string; className?: string }) {
  return (
    <div className={cn('relative min-w-0 overflow-hidden rounded-lg border bg-muted/60', className)}>
      <div className="flex items-center justify-between border-b py-1 pr-1.5 pl-3.5 text-xs text-muted-foreground">
        <span>{label}</span>
        <CopyButton text={code} label={label} />
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto px-3.5 py-3 font-mono text-[0.8125rem] leading-relaxed outline-offset-[-2px]"
      >
        <code>{code}</code>
      </pre>
    </div>
  );
}
