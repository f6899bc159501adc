-- Daily rollups of traces, made of the hourly ones by the sweep: it writes those of the days that are there when it next runs.
CREATE TABLE all_tenants."trace_rollup_days" (
  "tenant_id" uuid NOT NULL,
  "day" timestamp with time zone NOT NULL,
  "project" text NOT NULL,
  "model" text NOT NULL,
  "trace_count" integer NOT NULL,
  "error_count" integer NOT NULL,
  "tokens_in" bigint NOT NULL,
  "tokens_out" bigint NOT NULL,
  "latencies" jsonb NOT NULL,
  "latency_sum" double precision DEFAULT 0 NOT NULL,
  "latency_count" integer DEFAULT 0 NOT NULL,
  "grounding_sum" double precision DEFAULT 0 NOT NULL,
  "grounding_count" integer DEFAULT 0 NOT NULL,
  "helpfulness_sum" double precision DEFAULT 0 NOT NULL,
  "helpfulness_count" integer DEFAULT 0 NOT NULL,
  "safety_sum" double precision DEFAULT 0 NOT NULL,
  "safety_count" integer DEFAULT 0 NOT NULL,
  "overall_sum" double precision DEFAULT 0 NOT NULL,
  "overall_count" integer DEFAULT 0 NOT NULL,
  "green" integer DEFAULT 0 NOT NULL,
  "amber" integer DEFAULT 0 NOT NULL,
  "red" integer DEFAULT 0 NOT NULL,
  CONSTRAINT "trace_rollup_days_tenant_id_day_project_model_pk" PRIMARY KEY("tenant_id","day","project","model")
) PARTITION BY LIST (tenant_id);

SELECT all_tenants.protect_tenant_table('all_tenants.trace_rollup_days');
SELECT all_tenants.add_partition(id, 'all_tenants.trace_rollup_days') FROM tenants
  WHERE to_regnamespace('t_' || replace(id::text, '-', '')) IS NOT NULL ORDER BY id; -- one that is being erased has none

ALTER TABLE "stats_progress" ADD COLUMN "days_until" timestamp with time zone;
GRANT UPDATE (days_until) ON stats_progress TO ragtoolkit_app;
