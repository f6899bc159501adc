-- Metering: what was used in each hour, what of it is still to be reported, and how far the meters have come.
ALTER TABLE "usage_deltas"
  ADD COLUMN "evaluation_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "commits" integer DEFAULT 1 NOT NULL,
  -- Rounded as traces.received_at is: what is received at the end of an hour counts in the same hour for both.
  ALTER COLUMN "recorded_at" SET DEFAULT now()::timestamptz(3);
ALTER TABLE "trace_tombstones" ADD COLUMN "received_at" timestamp with time zone;
ALTER TABLE all_tenants."evaluations" ADD COLUMN "byte_size" integer DEFAULT 0 NOT NULL;
ALTER TABLE all_tenants."feedback" ADD COLUMN "byte_size" integer DEFAULT 0 NOT NULL;
-- Columns reach the partitions by themselves; the right to update them does not.
SELECT all_tenants.protect_tenant_table('all_tenants.evaluations');
SELECT all_tenants.protect_tenant_table('all_tenants.feedback');
SELECT all_tenants.protect_tenant_table(inhrelid::regclass) FROM pg_inherits
  WHERE inhparent IN ('all_tenants.evaluations'::regclass, 'all_tenants.feedback'::regclass) ORDER BY inhrelid;
CREATE TABLE "usage_records" (
  "tenant_id" uuid NOT NULL,
  "metric" text NOT NULL,
  "hour" timestamp with time zone NOT NULL,
  "value" bigint NOT NULL,
  "revision" integer DEFAULT 1 NOT NULL,
  "closed_at" timestamp with time zone DEFAULT now() NOT NULL,
  "revised_at" timestamp with time zone,
  CONSTRAINT "usage_records_tenant_id_metric_hour_pk" PRIMARY KEY("tenant_id","metric","hour"),
  CONSTRAINT "usage_records_whole_hour" CHECK ("usage_records"."hour" = date_trunc('hour', "usage_records"."hour", 'UTC'))
);
CREATE TABLE "usage_outbox" (
  "tenant_id" uuid NOT NULL,
  "id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "usage_outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
  "metric" text NOT NULL,
  "hour" timestamp with time zone NOT NULL,
  "revision" integer NOT NULL,
  "delta" bigint NOT NULL,
  "identifier" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "delivered_at" timestamp with time zone,
  CONSTRAINT "usage_outbox_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
  CONSTRAINT "usage_outbox_identifier" UNIQUE("tenant_id","identifier"),
  CONSTRAINT "usage_outbox_identifier_length" CHECK (length("usage_outbox"."identifier") <= 100)
);
CREATE TABLE "usage_periods" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "period_start" timestamp with time zone NOT NULL,
  "period_end" timestamp with time zone NOT NULL,
  "anchor" timestamp with time zone,
  "updated_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "usage_periods_in_order" CHECK ("usage_periods"."period_start" < "usage_periods"."period_end")
);
CREATE TABLE "usage_meters" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "closed_until" timestamp with time zone NOT NULL,
  "settled_id" bigint DEFAULT 0 NOT NULL,
  "seen_id" bigint DEFAULT 0 NOT NULL,
  "seen_until" bigint DEFAULT 0 NOT NULL,
  "compacted_until" timestamp with time zone,
  "failures" integer DEFAULT 0 NOT NULL,
  "failed_at" timestamp with time zone,
  "error" text
);
CREATE TABLE "usage_flushes" (
  "id" uuid PRIMARY KEY NOT NULL,
  "flushed_at" timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE "usage_nights" (
  "night" date PRIMARY KEY NOT NULL,
  "begun_at" timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE "membership_intervals" (
  "tenant_id" uuid NOT NULL,
  "user_id" uuid NOT NULL,
  "began_at" timestamp with time zone DEFAULT now() NOT NULL,
  "ended_at" timestamp with time zone,
  CONSTRAINT "membership_intervals_tenant_id_user_id_began_at_pk" PRIMARY KEY("tenant_id","user_id","began_at"),
  CONSTRAINT "membership_intervals_in_order" CHECK ("membership_intervals"."began_at" <= "membership_intervals"."ended_at")
);
CREATE TABLE "metering_runs" (
  "id" uuid PRIMARY KEY NOT NULL,
  "kind" text NOT NULL,
  "trigger" text NOT NULL,
  "started_at" timestamp with time zone DEFAULT now() NOT NULL,
  "finished_at" timestamp with time zone,
  "tenants_total" integer DEFAULT 0 NOT NULL,
  "tenants" integer DEFAULT 0 NOT NULL,
  "hours" integer DEFAULT 0 NOT NULL,
  "revisions" integer DEFAULT 0 NOT NULL,
  "traces" bigint DEFAULT 0 NOT NULL,
  "seats" bigint DEFAULT 0 NOT NULL,
  "errors" integer DEFAULT 0 NOT NULL,
  "failures" jsonb DEFAULT '[]' NOT NULL,
  CONSTRAINT "metering_runs_kind_known" CHECK ("metering_runs"."kind" in ('tick', 'reconciliation')),
  CONSTRAINT "metering_runs_trigger_known" CHECK ("metering_runs"."trigger" in ('boot', 'timer', 'cron', 'operator'))
);
CREATE TABLE "metering_findings" (
  "tenant_id" uuid NOT NULL,
  "id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "metering_findings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
  "check_name" text NOT NULL,
  "metric" text NOT NULL,
  "hour" timestamp with time zone NOT NULL,
  "expected" bigint NOT NULL,
  "found" bigint NOT NULL,
  "first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
  "last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
  "mailed_at" timestamp with time zone,
  "resolved_at" timestamp with time zone,
  CONSTRAINT "metering_findings_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
  CONSTRAINT "metering_findings_once" UNIQUE("tenant_id","check_name","metric","hour")
);
CREATE INDEX "usage_outbox_waiting" ON "usage_outbox" USING btree ("id") WHERE "usage_outbox"."delivered_at" is null;
CREATE INDEX "metering_runs_newest" ON "metering_runs" USING btree ("started_at");
CREATE INDEX "metering_findings_open" ON "metering_findings" USING btree ("last_seen_at") WHERE "metering_findings"."resolved_at" is null;

SELECT all_tenants.protect_control_table('usage_records');
SELECT all_tenants.protect_control_table('usage_outbox');
SELECT all_tenants.protect_control_table('usage_periods');
SELECT all_tenants.protect_control_table('usage_meters');
SELECT all_tenants.protect_control_table('membership_intervals');
SELECT all_tenants.protect_control_table('metering_findings');
-- A tenant's request reads what it is billed for; the meters alone write it.
GRANT SELECT ON usage_records, usage_outbox, usage_periods, usage_meters, membership_intervals TO ragtoolkit_app;
GRANT UPDATE (received_at) ON trace_tombstones TO ragtoolkit_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON
  usage_records, usage_outbox, usage_periods, usage_meters, usage_flushes, usage_nights, membership_intervals, metering_runs, metering_findings
  TO ragtoolkit_platform;

-- Who belongs to a workspace now has belonged to it since they came; who left before this is not known.
INSERT INTO membership_intervals (tenant_id, user_id, began_at) SELECT tenant_id, user_id, created_at FROM memberships;
