import { CopyButton } from '@/components/data/copy-button';
import { FieldList } from '@/components/data/field-list';
import { formatCount, formatDuration, formatScore } from '@/components/data/format';
import { JsonTree } from '@/components/data/json-tree';
import { LocalTime } from '@/components/data/local-time';
import { TraceSection } from '@/components/traces/trace-section';
import { Card } from '@/components/ui/card';
import { oddTime } from '@/lib/traces/rules';
import type { TraceDetail } from '@/lib/traces/schema';

function count(value: number | null) {
  return value === null ? null : formatCount(value);
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
              { term: 'Tokens in', value: count(trace.tokensIn) },
              { term: 'Tokens out', value: count(trace.tokensOut) },
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
              { term: 'Project', value: trace.project },
              { term: 'User', value: trace.userId },
              { term: 'Session', value: trace.sessionId },
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
