import {
  ArrowDownUpIcon,
  BinaryIcon,
  BotIcon,
  CircleIcon,
  FileTextIcon,
  GaugeIcon,
  LinkIcon,
  type LucideIcon,
  SearchIcon,
  ShieldIcon,
  SparklesIcon,
  WrenchIcon,
} from 'lucide-react';
import { cn } from '@/components/ui/cn';

const kinds: Readonly<Record<string, { Icon: LucideIcon; word: string }>> = {
  llm: { Icon: SparklesIcon, word: 'Model' },
  embedding: { Icon: BinaryIcon, word: 'Embedding' },
  retriever: { Icon: SearchIcon, word: 'Retriever' },
  reranker: { Icon: ArrowDownUpIcon, word: 'Reranker' },
  chain: { Icon: LinkIcon, word: 'Chain' },
  agent: { Icon: BotIcon, word: 'Agent' },
  tool: { Icon: WrenchIcon, word: 'Tool' },
  prompt: { Icon: FileTextIcon, word: 'Prompt' },
  guardrail: { Icon: ShieldIcon, word: 'Guardrail' },
  evaluator: { Icon: GaugeIcon, word: 'Evaluator' },
};

/** What a span does, as a word: "Model", "Retriever"; a span of something else is just a "Span". */
export function spanKindWord(kind: string | null): string {
  return kinds[kind ?? '']?.word ?? 'Span';
}

/** What a span does, as a picture with its word on hover. */
export function SpanKindIcon({ kind, className }: { kind: string | null; className?: string }) {
  const { Icon } = kinds[kind ?? ''] ?? { Icon: CircleIcon };
  return (
    <span title={spanKindWord(kind)} className="flex shrink-0">
      <Icon
        aria-hidden="true"
        className={cn('size-3.5', kind ? 'text-primary' : 'text-muted-foreground/60', className)}
      />
    </span>
  );
}
