-- Billing: our copy of what Stripe knows of each tenant, what Stripe has told and is to be told, and who may no longer write.
ALTER TABLE "tenants" ADD COLUMN "read_only_since" timestamp with time zone;
ALTER TABLE "usage_outbox"
  ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "first_sent_at" timestamp with time zone,
  ADD COLUMN "next_at" timestamp with time zone,
  ADD COLUMN "skipped_at" timestamp with time zone,
  ADD COLUMN "dead_at" timestamp with time zone,
  ADD COLUMN "reason" text;
DROP INDEX "usage_outbox_waiting";
CREATE INDEX "usage_outbox_waiting" ON "usage_outbox" USING btree ("id")
  WHERE "usage_outbox"."delivered_at" is null and "usage_outbox"."skipped_at" is null and "usage_outbox"."dead_at" is null;
CREATE INDEX "usage_outbox_dead" ON "usage_outbox" USING btree ("dead_at") WHERE "usage_outbox"."dead_at" is not null;
CREATE TABLE "billing_customers" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "mode" text NOT NULL,
  "stripe_customer_id" text,
  "requested_at" timestamp with time zone,
  "object" jsonb,
  "dirty_at" timestamp with time zone,
  "snapshot_at" timestamp with time zone,
  "syncing_until" timestamp with time zone,
  "sync_after" timestamp with time zone,
  "sync_failures" integer DEFAULT 0 NOT NULL,
  "sync_error" text,
  "clock_at" timestamp with time zone,
  "granted_plan" text,
  "past_due_since" timestamp with time zone,
  "grace_until" timestamp with time zone,
  "comp_plan" text,
  "comp_until" timestamp with time zone,
  "checkouts" integer DEFAULT 0 NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "billing_customers_stripe_customer" UNIQUE("stripe_customer_id"),
  CONSTRAINT "billing_customers_mode_known" CHECK ("billing_customers"."mode" in ('sandbox', 'test', 'live')),
  CONSTRAINT "billing_customers_comp_dated" CHECK (("billing_customers"."comp_plan" is null) = ("billing_customers"."comp_until" is null))
);
CREATE TABLE "billing_subscriptions" (
  "tenant_id" uuid NOT NULL,
  "id" text NOT NULL,
  "status" text NOT NULL,
  "plan" text,
  "interval" text,
  "seats" integer,
  "started_at" timestamp with time zone NOT NULL,
  "ended_at" timestamp with time zone,
  "cancel_at" timestamp with time zone,
  "period_start" timestamp with time zone NOT NULL,
  "period_end" timestamp with time zone NOT NULL,
  "anchor" timestamp with time zone NOT NULL,
  "object" jsonb NOT NULL,
  CONSTRAINT "billing_subscriptions_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
CREATE TABLE "billing_invoices" (
  "tenant_id" uuid NOT NULL,
  "id" text NOT NULL,
  "number" text,
  "status" text NOT NULL,
  "currency" text NOT NULL,
  "total" bigint NOT NULL,
  "amount_due" bigint NOT NULL,
  "amount_paid" bigint NOT NULL,
  "is_test" boolean NOT NULL,
  "reason" text,
  "created_at" timestamp with time zone NOT NULL,
  "due_at" timestamp with time zone,
  "next_attempt_at" timestamp with time zone,
  "period_start" timestamp with time zone NOT NULL,
  "period_end" timestamp with time zone NOT NULL,
  "hosted_url" text,
  "pdf_url" text,
  "object" jsonb NOT NULL,
  CONSTRAINT "billing_invoices_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
CREATE TABLE "stripe_events" (
  "id" text PRIMARY KEY NOT NULL,
  "type" text NOT NULL,
  "customer" text,
  "tenant_id" uuid,
  "state" text NOT NULL,
  "error" text,
  "created_at" timestamp with time zone NOT NULL,
  "received_at" timestamp with time zone DEFAULT now() NOT NULL,
  "done_at" timestamp with time zone,
  "replayed_at" timestamp with time zone,
  "payload" jsonb NOT NULL,
  CONSTRAINT "stripe_events_state_known" CHECK ("stripe_events"."state" in ('waiting', 'done', 'ignored', 'failed'))
);
CREATE TABLE "billing_seat_changes" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "revision" bigint DEFAULT 1 NOT NULL,
  "changed_at" timestamp with time zone DEFAULT now() NOT NULL,
  "next_at" timestamp with time zone DEFAULT now() NOT NULL,
  "failures" integer DEFAULT 0 NOT NULL,
  "error" text
);
CREATE TABLE "billing_notices" (
  "tenant_id" uuid NOT NULL,
  "kind" text NOT NULL,
  "subject" text NOT NULL,
  "mailed_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "billing_notices_tenant_id_kind_subject_pk" PRIMARY KEY("tenant_id","kind","subject")
);
ALTER TABLE "billing_customers" ADD CONSTRAINT "billing_customers_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
ALTER TABLE "billing_subscriptions" ADD CONSTRAINT "billing_subscriptions_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
ALTER TABLE "billing_invoices" ADD CONSTRAINT "billing_invoices_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
ALTER TABLE "billing_notices" ADD CONSTRAINT "billing_notices_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
CREATE INDEX "billing_customers_dirty" ON "billing_customers" USING btree ("dirty_at") WHERE "billing_customers"."dirty_at" is not null;
CREATE INDEX "billing_invoices_newest" ON "billing_invoices" USING btree ("tenant_id","created_at" DESC NULLS FIRST);
CREATE INDEX "stripe_events_newest" ON "stripe_events" USING btree ("received_at" DESC NULLS FIRST);
CREATE INDEX "stripe_events_open" ON "stripe_events" USING btree ("tenant_id") WHERE "stripe_events"."state" in ('waiting', 'failed');
CREATE INDEX "billing_seat_changes_due" ON "billing_seat_changes" USING btree ("next_at");

SELECT all_tenants.protect_control_table('billing_customers');
SELECT all_tenants.protect_control_table('billing_subscriptions');
SELECT all_tenants.protect_control_table('billing_invoices');
SELECT all_tenants.protect_control_table('billing_seat_changes');
SELECT all_tenants.protect_control_table('billing_notices');
GRANT SELECT, INSERT, UPDATE, DELETE ON
  billing_customers, billing_subscriptions, billing_invoices, stripe_events, billing_seat_changes, billing_notices
  TO ragtoolkit_platform;
