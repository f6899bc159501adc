-- What the statistics' averages and traffic lights are made of, kept with each hour.
ALTER TABLE all_tenants."trace_rollups"
  ADD COLUMN "latency_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "latency_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "grounding_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "grounding_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "helpfulness_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "helpfulness_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "safety_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "safety_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "overall_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "overall_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "green" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "amber" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "red" integer DEFAULT 0 NOT NULL;
-- Columns reach the partitions by themselves; the right to update them does not.
SELECT all_tenants.protect_tenant_table('all_tenants.trace_rollups');
SELECT all_tenants.protect_tenant_table(inhrelid::regclass) FROM pg_inherits
  WHERE inhparent = 'all_tenants.trace_rollups'::regclass ORDER BY inhrelid;
-- The hours that are there are written anew by the next sweep.
INSERT INTO stats_dirty_hours (tenant_id, hour)
  SELECT DISTINCT tenant_id, hour FROM all_tenants.trace_rollups ORDER BY tenant_id, hour;
