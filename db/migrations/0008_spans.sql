-- Spans of traces, as OpenTelemetry sends them, and what a trace that is assembled from them has beside one sent whole.
CREATE TABLE all_tenants."spans" (
  "tenant_id" uuid NOT NULL,
  "trace_id" text NOT NULL,
  "span_id" text NOT NULL,
  "parent_id" text,
  "received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
  "name" text NOT NULL,
  "kind" text,
  "span_kind" text NOT NULL,
  "started_ns" bigint NOT NULL,
  "ended_ns" bigint,
  "status" text NOT NULL,
  "status_message" text,
  "project" text,
  "model" text,
  "tokens_in" integer,
  "tokens_out" integer,
  "cost_usd" double precision,
  "attributes" jsonb NOT NULL,
  "events" jsonb,
  "links" jsonb,
  "resource" jsonb,
  "scope" jsonb,
  "flags" text[],
  "is_telling" boolean NOT NULL,
  "rewrites" integer DEFAULT 0 NOT NULL,
  "digest" text NOT NULL,
  "byte_size" integer NOT NULL,
  "key_id" uuid,
  CONSTRAINT "spans_tenant_id_trace_id_span_id_pk" PRIMARY KEY("tenant_id","trace_id","span_id")
) PARTITION BY LIST (tenant_id);

SELECT all_tenants.protect_tenant_table('all_tenants.spans');
SELECT all_tenants.add_partition(id, 'all_tenants.spans') FROM tenants
  WHERE to_regnamespace('t_' || replace(id::text, '-', '')) IS NOT NULL ORDER BY id; -- one that is being erased has none

ALTER TABLE all_tenants."traces"
  ADD COLUMN "name" text,
  ADD COLUMN "tags" text[],
  ADD COLUMN "tokens_cached" integer,
  ADD COLUMN "tokens_reasoning" integer,
  ADD COLUMN "cost_usd" double precision,
  ADD COLUMN "flags" text[],
  ADD COLUMN "span_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "is_posted" boolean DEFAULT true NOT NULL;
-- Columns reach the partitions by themselves; the right to update them does not.
SELECT all_tenants.protect_tenant_table('all_tenants.traces');
SELECT all_tenants.protect_tenant_table(inhrelid::regclass) FROM pg_inherits
  WHERE inhparent = 'all_tenants.traces'::regclass ORDER BY inhrelid;
