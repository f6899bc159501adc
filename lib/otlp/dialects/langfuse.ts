import type { Meaning } from '../meaning';
import { documentsOf, isObject, messagesOf, parsed, textOf } from '../readable';
import type { Attributes, AttributeValue } from '../span';
import { applyBelow, content, type Dialect, label, oneOf, type Rule, tags, text } from '../table';

/** The trace's own input or output, as the text in it. */
const whole =
  (field: 'question' | 'answer'): Rule =>
  (value) => {
    const found = textOf(parsed(value), field === 'question' ? 'input' : 'output');
    return found === undefined ? undefined : { [field]: found };
  };

/** A count under the first of the names that the usage has. */
function usage(details: AttributeValue, ...names: string[]): number | undefined {
  if (!isObject(details)) return undefined;
  return names.map((name) => details[name]).find((value) => typeof value === 'number' && value >= 0) as
    | number
    | undefined;
}

/** Langfuse's SDKs, whose spans are OpenTelemetry's under names of their own. */
export const langfuse = {
  name: 'Langfuse',
  table: {
    'langfuse.observation.type': oneOf({
      span: { kind: 'chain' },
      generation: { kind: 'llm' },
      embedding: { kind: 'embedding' },
      retriever: { kind: 'retriever' },
      chain: { kind: 'chain' },
      agent: { kind: 'agent' },
      tool: { kind: 'tool' },
      guardrail: { kind: 'guardrail' },
      evaluator: { kind: 'evaluator' },
    }),
    'langfuse.observation.model.name': label('model'),
    'langfuse.observation.input': content('input'),
    'langfuse.observation.output': content('output'),
    'langfuse.trace.input': whole('question'),
    'langfuse.trace.output': whole('answer'),
    'langfuse.trace.name': label('traceName'),
    'langfuse.trace.tags': tags,
    'langfuse.user.id': label('user'),
    'langfuse.session.id': label('session'),
    'user.id': label('user'),
    'session.id': label('session'),
    'langfuse.observation.usage_details': (value) => {
      const details = parsed(value);
      const [tokensIn, tokensOut] = [
        usage(details, 'input', 'prompt_tokens', 'input_tokens'),
        usage(details, 'output', 'completion_tokens', 'output_tokens'),
      ];
      const cached = usage(details, 'input_cached_tokens', 'input_cache_read', 'cache_read_input_tokens');
      const reasoning = usage(details, 'output_reasoning_tokens', 'output_reasoning', 'reasoning_tokens');
      return {
        ...(tokensIn === undefined ? {} : { tokensIn }),
        ...(tokensOut === undefined ? {} : { tokensOut }),
        ...(cached === undefined ? {} : { tokensCached: cached }),
        ...(reasoning === undefined ? {} : { tokensReasoning: reasoning }),
      };
    },
    'langfuse.observation.cost_details': (value) => {
      const cost = usage(parsed(value), 'total');
      return cost === undefined ? undefined : { cost };
    },
  },
  rest: ({ attributes }) => ({
    ...applyBelow('langfuse.trace.metadata.', {}, attributes),
    ...ofKind(attributes),
    ...(attributes['langfuse.observation.level'] === 'ERROR'
      ? (text('error')(attributes['langfuse.observation.status_message'] ?? '') ?? { error: 'error' })
      : {}),
  }),
} as const satisfies Dialect;

/** What input and output are depends on what was observed. */
function ofKind(attributes: Attributes): Meaning {
  const type = attributes['langfuse.observation.type'];
  const input = parsed(attributes['langfuse.observation.input'] ?? null);
  const output = parsed(attributes['langfuse.observation.output'] ?? null);
  if (type === 'retriever') {
    const documents = documentsOf(output, 'similarity');
    return documents ? { documents } : {};
  }
  if (type !== 'generation') return {};
  const sent =
    messagesOf(input) ?? (isObject(input) && input.messages ? messagesOf(input.messages) : undefined);
  const reply = textOf(output, 'output');
  return { ...(sent ? { messages: sent } : {}), ...(reply === undefined ? {} : { reply }) };
}
