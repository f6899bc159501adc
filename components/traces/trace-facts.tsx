import { CopyButton } from '@/components/data/copy-button';
import { FieldList } from '@/components/data/field-list';
import { formatCost, formatCount, formatDuration, formatScore } from '@/components/data/format';
import { JsonTree } from '@/components/data/json-tree';
import { LocalTime } from '@/components/data/local-time';
import { TraceSection } from '@/components/traces/trace-section';
import { Badge } from '@/components/ui/badge';
import { Card } from '@/components/ui/card';
import { oddTime } from '@/lib/traces/rules';
import type { TraceDetail } from '@/lib/traces/schema';

/** A count of tokens, with what part of it was cached or thought. */
function tokens(value: number | null, part: number | null, what: string) {
  if (value === null) return null;
  return part === null ? formatCount(value) : `${formatCount(value)}, of which ${formatCount(part)} ${what}`;
}

function Tags({ tags }: { tags: string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {tags.map((tag) => (
        <Badge key={tag} variant="secondary" className="max-w-full">
          <span className="truncate">{tag}</span>
        </Badge>
      ))}
    </span>
  );
}

/** Everything about a trace that is not text: times, cost, who asked, scores, the client's own metadata. */
export function TraceFacts({ trace }: { trace: TraceDetail }) {
  const { grounding, helpfulness, safety, overall } = trace.scores;
  const oddStart = oddTime(new Date(trace.startedAt), new Date(trace.receivedAt));
  const scores = [
    { term: 'Overall', score: overall },
    { term: 'Grounding', score: grounding },
    { term: 'Helpfulness', score: helpfulness },
    { term: 'Safety', score: safety },
  ];
  const evaluated = scores.filter(({ score }) => score !== null);

  return (
    <div className="flex min-w-0 flex-col gap-6">
      <TraceSection title="Generation">
        <Card className="px-4 py-3">
          <FieldList
            fields={[
              { term: 'Model', value: trace.model },
              { term: 'Latency', value: trace.latencyMs === null ? null : formatDuration(trace.latencyMs) },
              { term: 'Tokens in', value: tokens(trace.tokensIn, trace.tokensCached, 'cached') },
              { term: 'Tokens out', value: tokens(trace.tokensOut, trace.tokensReasoning, 'reasoning') },
              ...(trace.costUsd === null ? [] : [{ term: 'Cost', value: formatCost(trace.costUsd) }]),
            ]}
          />
        </Card>
      </TraceSection>
      {evaluated.length > 0 && (
        <TraceSection title="Scores">
          <Card className="px-4 py-3">
            <FieldList
              fields={evaluated.map(({ term, score }) => ({
                term,
                value: score === null ? null : formatScore(score),
              }))}
            />
          </Card>
        </TraceSection>
      )}
      <TraceSection title="Origin">
        <Card className="px-4 py-3">
          <FieldList
            fields={[
              ...(trace.name === null ? [] : [{ term: 'Name', value: trace.name }]),
              { term: 'Project', value: trace.project },
              { term: 'User', value: trace.userId },
              { term: 'Session', value: trace.sessionId },
              ...(trace.tags.length === 0 ? [] : [{ term: 'Tags', value: <Tags tags={trace.tags} /> }]),
              {
                term: 'Started',
                value: (
                  <>
                    <LocalTime iso={trace.startedAt} style="full" />
                    {oddStart && (
                      <span className="block text-xs text-traffic-amber">This time {oddStart}.</span>
                    )}
                  </>
                ),
              },
              { term: 'Received', value: <LocalTime iso={trace.receivedAt} style="full" /> },
              ...(trace.updatedAt === trace.receivedAt
                ? []
                : [{ term: 'Updated', value: <LocalTime iso={trace.updatedAt} style="full" /> }]),
            ]}
          />
        </Card>
      </TraceSection>
      <TraceSection
        title="Metadata"
        action={
          Object.keys(trace.metadata).length > 0 && (
            <CopyButton text={JSON.stringify(trace.metadata, null, 2)} label="metadata as JSON" />
          )
        }
      >
        <Card className="px-4 py-3">
          {Object.keys(trace.metadata).length > 0 ? (
            <JsonTree value={trace.metadata} />
          ) : (
            <p className="text-sm text-muted-foreground italic">not sent</p>
          )}
        </Card>
      </TraceSection>
    </div>
  );
}
