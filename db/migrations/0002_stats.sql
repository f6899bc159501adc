-- Hourly rollups of traces, read by the overview.
CREATE TABLE all_tenants."trace_rollups" (
  "tenant_id" uuid NOT NULL,
  "hour" timestamp with time zone NOT NULL,
  "project" text NOT NULL,
  "model" text NOT NULL,
  "trace_count" integer NOT NULL,
  "error_count" integer NOT NULL,
  "tokens_in" bigint NOT NULL,
  "tokens_out" bigint NOT NULL,
  "latencies" jsonb NOT NULL,
  CONSTRAINT "trace_rollups_tenant_id_hour_project_model_pk" PRIMARY KEY("tenant_id","hour","project","model")
) PARTITION BY LIST (tenant_id);

SELECT all_tenants.protect_tenant_table('all_tenants.trace_rollups');
SELECT all_tenants.add_partition(id, 'all_tenants.trace_rollups') FROM tenants
  WHERE to_regnamespace('t_' || replace(id::text, '-', '')) IS NOT NULL ORDER BY id; -- one that is being erased has none

CREATE TABLE "stats_progress" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "rolled_until" timestamp with time zone NOT NULL
);
CREATE TABLE "stats_dirty_hours" (
  "tenant_id" uuid NOT NULL,
  "id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "stats_dirty_hours_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
  "hour" timestamp with time zone NOT NULL,
  CONSTRAINT "stats_dirty_hours_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
CREATE INDEX "stats_dirty_hours_hour" ON "stats_dirty_hours" USING btree ("tenant_id","hour");

SELECT all_tenants.protect_control_table('stats_progress');
SELECT all_tenants.protect_control_table('stats_dirty_hours');
GRANT SELECT, INSERT, UPDATE (rolled_until) ON stats_progress TO ragtoolkit_app;
GRANT SELECT, INSERT, DELETE ON stats_dirty_hours TO ragtoolkit_app;
GRANT SELECT, DELETE ON stats_progress, stats_dirty_hours TO ragtoolkit_platform;
