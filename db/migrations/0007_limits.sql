-- Rate limits: what an operator or an admin has set, what was counted, and who was told.
CREATE TABLE "tenant_rate_limits" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "per_second" integer NOT NULL,
  "burst" integer NOT NULL,
  "reason" text NOT NULL,
  "set_at" timestamp with time zone DEFAULT now() NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  CONSTRAINT "tenant_rate_limits_positive"
    CHECK ("tenant_rate_limits"."per_second" > 0 and "tenant_rate_limits"."burst" > 0)
);
CREATE TABLE "request_slots" (
  "tenant_id" uuid NOT NULL,
  "slot" timestamp with time zone NOT NULL,
  "key_id" uuid NOT NULL,
  "admitted" integer NOT NULL,
  "limited" integer NOT NULL,
  CONSTRAINT "request_slots_tenant_id_slot_key_id_pk" PRIMARY KEY("tenant_id","slot","key_id")
);
CREATE TABLE "request_hours" (
  "tenant_id" uuid NOT NULL,
  "hour" timestamp with time zone NOT NULL,
  "key_id" uuid NOT NULL,
  "admitted" integer NOT NULL,
  "limited" integer NOT NULL,
  CONSTRAINT "request_hours_tenant_id_hour_key_id_pk" PRIMARY KEY("tenant_id","hour","key_id")
);
CREATE TABLE "limit_notices" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "mailed_at" timestamp with time zone NOT NULL
);
ALTER TABLE "tenant_rate_limits" ADD CONSTRAINT "tenant_rate_limits_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
ALTER TABLE "limit_notices" ADD CONSTRAINT "limit_notices_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
CREATE INDEX "request_slots_oldest" ON "request_slots" USING btree ("slot");
CREATE INDEX "request_hours_oldest" ON "request_hours" USING btree ("hour");

SELECT all_tenants.protect_control_table('tenant_rate_limits');
SELECT all_tenants.protect_control_table('request_slots');
SELECT all_tenants.protect_control_table('request_hours');
SELECT all_tenants.protect_control_table('limit_notices');
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_rate_limits, request_slots, request_hours, limit_notices
  TO ragtoolkit_platform;

ALTER TABLE "api_keys"
  ADD COLUMN "rate_per_second" integer,
  ADD CONSTRAINT "api_keys_rate_positive" CHECK ("api_keys"."rate_per_second" > 0);
GRANT SELECT (rate_per_second) ON api_keys TO ragtoolkit_app;
