-- The delivery ledger, the last refusals of each key, and the ids of deleted traces.
CREATE TABLE "deliveries" (
  "tenant_id" uuid NOT NULL,
  "hour" timestamp with time zone NOT NULL,
  "key_id" uuid NOT NULL,
  "writer" smallint NOT NULL,
  "received" integer NOT NULL,
  "stored" integer NOT NULL,
  "updated" integer NOT NULL,
  "refused" integer NOT NULL,
  CONSTRAINT "deliveries_tenant_id_hour_key_id_writer_pk" PRIMARY KEY("tenant_id","hour","key_id","writer"),
  CONSTRAINT "deliveries_add_up" CHECK ("deliveries"."received" = "deliveries"."stored" + "deliveries"."updated" + "deliveries"."refused")
) WITH (fillfactor = 50); -- counted up many times a second: room for the next version of a row on its own page
CREATE TABLE "delivery_refusals" (
  "tenant_id" uuid NOT NULL,
  "id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "delivery_refusals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
  "at" timestamp (3) with time zone NOT NULL,
  "key_id" uuid NOT NULL,
  "request_id" text NOT NULL,
  "trace_id" text,
  "code" text NOT NULL,
  "issues" jsonb NOT NULL,
  CONSTRAINT "delivery_refusals_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
CREATE TABLE "trace_tombstones" (
  "tenant_id" uuid NOT NULL,
  "trace_id" text NOT NULL,
  "deleted_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "trace_tombstones_tenant_id_trace_id_pk" PRIMARY KEY("tenant_id","trace_id")
);
CREATE INDEX "delivery_refusals_newest" ON "delivery_refusals" USING btree ("tenant_id","key_id","id");

SELECT all_tenants.protect_control_table('deliveries');
SELECT all_tenants.protect_control_table('delivery_refusals');
SELECT all_tenants.protect_control_table('trace_tombstones');
GRANT SELECT, INSERT, UPDATE (received, stored, updated, refused) ON deliveries TO ragtoolkit_app;
GRANT SELECT, INSERT, DELETE ON delivery_refusals TO ragtoolkit_app;
GRANT SELECT, INSERT, UPDATE (deleted_at) ON trace_tombstones TO ragtoolkit_app;
GRANT SELECT, DELETE ON deliveries, delivery_refusals, trace_tombstones TO ragtoolkit_platform;
