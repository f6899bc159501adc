-- Evaluations of traces.
CREATE TABLE all_tenants."evaluations" (
  "tenant_id" uuid NOT NULL,
  "trace_id" text NOT NULL,
  "id" text NOT NULL,
  "score_type" text NOT NULL,
  "score" double precision NOT NULL,
  "confidence" double precision,
  "explanation" text,
  "metadata" jsonb,
  "evaluator_id" text,
  "evaluator_version" text,
  "created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "evaluations_tenant_id_trace_id_id_pk" PRIMARY KEY("tenant_id","trace_id","id")
) PARTITION BY LIST (tenant_id);

SELECT all_tenants.protect_tenant_table('all_tenants.evaluations');
SELECT all_tenants.add_partition(id, 'all_tenants.evaluations') FROM tenants
  WHERE to_regnamespace('t_' || replace(id::text, '-', '')) IS NOT NULL ORDER BY id; -- one that is being erased has none

-- How far a migration from the single-tenant predecessor has come.
CREATE TABLE "legacy_imports" (
  "tenant_id" uuid NOT NULL,
  "source" text NOT NULL,
  "table_name" text NOT NULL,
  "last_key" text,
  "counts" jsonb NOT NULL,
  "rejected" jsonb NOT NULL,
  "started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
  "finished_at" timestamp (3) with time zone,
  CONSTRAINT "legacy_imports_tenant_id_source_table_name_pk" PRIMARY KEY("tenant_id","source","table_name")
);

SELECT all_tenants.protect_control_table('legacy_imports');
GRANT SELECT, INSERT, UPDATE (last_key, counts, rejected, finished_at) ON legacy_imports TO ragtoolkit_app;
GRANT SELECT, DELETE ON legacy_imports TO ragtoolkit_platform;
