-- The operator's console: keys of the operators' scripts, their own log, their stays in tenants' consoles, and what the
-- platform tells of its health.
CREATE TABLE "operator_keys" (
  "id" uuid PRIMARY KEY NOT NULL,
  "name" text NOT NULL,
  "secret_hash" "bytea" NOT NULL,
  "created_by" uuid,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "expires_at" timestamp with time zone,
  "revoked_at" timestamp with time zone,
  "last_used_at" timestamp with time zone
);
CREATE TABLE "platform_audit" (
  "id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "platform_audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
  "at" timestamp with time zone DEFAULT now() NOT NULL,
  "actor_kind" text NOT NULL,
  "actor_id" text NOT NULL,
  "actor_name" text NOT NULL,
  "action" text NOT NULL,
  "target_kind" text NOT NULL,
  "target_id" text NOT NULL,
  "reason" text,
  "before" jsonb,
  "after" jsonb,
  "ip" text,
  "user_agent" text,
  "request_id" text
);
CREATE TABLE "support_sessions" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "user_id" uuid NOT NULL,
  "session_id" uuid NOT NULL,
  "reason" text NOT NULL,
  "started_at" timestamp with time zone DEFAULT now() NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  "write_reason" text,
  "write_until" timestamp with time zone,
  "ended_at" timestamp with time zone,
  CONSTRAINT "support_sessions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
  CONSTRAINT "support_sessions_write_reasoned"
    CHECK (("support_sessions"."write_until" is null) = ("support_sessions"."write_reason" is null))
);
CREATE TABLE "request_minutes" (
  "minute" timestamp with time zone NOT NULL,
  "route" text NOT NULL,
  "requests" integer NOT NULL,
  "errors" integer NOT NULL,
  "latencies" integer[] NOT NULL,
  CONSTRAINT "request_minutes_minute_route_pk" PRIMARY KEY("minute","route")
);
CREATE TABLE "sweep_runs" (
  "name" text PRIMARY KEY NOT NULL,
  "every_ms" integer NOT NULL,
  "finished_at" timestamp with time zone NOT NULL,
  "duration_ms" integer NOT NULL,
  "succeeded_at" timestamp with time zone,
  "error" text
);
ALTER TABLE "operator_keys" ADD CONSTRAINT "operator_keys_created_by_users_id_fk"
  FOREIGN KEY ("created_by") REFERENCES "users"("id") ON DELETE set null;
ALTER TABLE "users" ADD COLUMN "disabled_at" timestamp with time zone;
ALTER TABLE "tenants" ADD COLUMN "allows_support" boolean DEFAULT true NOT NULL;

CREATE INDEX "platform_audit_newest" ON "platform_audit" USING btree ("at" DESC NULLS FIRST,"id" DESC NULLS FIRST);
CREATE INDEX "support_sessions_open" ON "support_sessions" USING btree ("tenant_id","session_id")
  WHERE "support_sessions"."ended_at" is null;
CREATE INDEX "tenants_newest" ON "tenants" USING btree ("created_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);
CREATE INDEX "audit_log_operator" ON "audit_log" USING btree ("at" DESC NULLS FIRST,"id" DESC NULLS FIRST)
  WHERE "audit_log"."actor_kind" = 'operator';

SELECT all_tenants.protect_control_table('support_sessions');
GRANT SELECT, INSERT, UPDATE (name, expires_at, revoked_at, last_used_at) ON operator_keys TO ragtoolkit_platform;
GRANT SELECT, INSERT ON platform_audit TO ragtoolkit_platform;
GRANT SELECT ON erasures TO ragtoolkit_platform;
GRANT SELECT, INSERT, UPDATE, DELETE ON support_sessions, request_minutes, sweep_runs TO ragtoolkit_platform;
