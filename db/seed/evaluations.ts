import { loadCorpus } from '@/demo/corpus';
import { judgeGrounding } from '@/demo/grounding';
import { type DemoTrace, makeTraces } from '@/demo/pipeline';
import { writeEvaluations } from '@/lib/evaluations/mutations';
import type { TenantContext } from '@/lib/tenancy/context';
import { helpCentreVerdicts } from './help-centre';

/**
 * Judges the traces that `seedTraces` has given a tenant with the same options: by comparing words, and the help centre's by what
 * a reader has said. Giving it again changes nothing.
 */
export async function seedEvaluations(
  ctx: TenantContext,
  options: { count: number; seed: number },
): Promise<void> {
  const traces = makeTraces({ corpus: loadCorpus(), ...options });
  const { rejected } = await writeEvaluations(ctx, [
    ...traces.flatMap((trace) => toVerdict(trace) ?? []),
    ...helpCentreVerdicts(ctx.tenant.slug),
  ]);
  if (rejected.length > 0) throw new Error(`an evaluation was refused: ${JSON.stringify(rejected[0])}`);
}

function toVerdict({ trace_id, model_output, retrieved_chunks }: DemoTrace): Record<string, unknown> | null {
  const chunks = retrieved_chunks.map(({ text }) => text);
  const grounding = judgeGrounding(model_output ?? '', chunks);
  if (!grounding) return null;
  const { score, unsupported } = grounding;
  return {
    ...{ trace_id, id: 'word-overlap', score_type: 'grounding', score },
    explanation:
      unsupported.length === 0
        ? 'The chunks say every sentence of it.'
        : `The chunks do not say: ${unsupported.map((sentence) => `“${sentence}”`).join(' ')}`,
    ...{ evaluator_id: 'word-overlap', evaluator_version: '1' },
  };
}
