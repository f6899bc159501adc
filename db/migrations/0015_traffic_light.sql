-- ragtoolkit: each tenant
-- The light of traces that have scores already, as lib/traces/rules.ts gives it to those that get scores from now on.
WITH lit AS (
  UPDATE {schema}.traces SET traffic_light = CASE
      WHEN coalesce(overall_score, grounding_score) >= 0.75 THEN 'green'
      WHEN coalesce(overall_score, grounding_score) >= 0.5 THEN 'amber'
      ELSE 'red'
    END
  WHERE tenant_id = {tenant_id} AND traffic_light IS NULL AND coalesce(overall_score, grounding_score) IS NOT NULL
  RETURNING date_trunc('hour', received_at, 'UTC') AS hour
)
-- Their hours are written anew by the next sweep.
INSERT INTO public.stats_dirty_hours (tenant_id, hour) SELECT DISTINCT {tenant_id}::uuid, hour FROM lit;
