-- Quotas: what was agreed in place of a plan's amounts, what admins let usage cost, and of what they were told.
CREATE TABLE "tenant_amounts" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "traces" bigint,
  "per_1000_traces" integer,
  "seats" integer,
  "reason" text NOT NULL,
  "set_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "tenant_amounts_positive" CHECK ("tenant_amounts"."traces" >= 0 and "tenant_amounts"."per_1000_traces" > 0 and "tenant_amounts"."seats" > 0),
  CONSTRAINT "tenant_amounts_price_of_own" CHECK ("tenant_amounts"."traces" is not null or "tenant_amounts"."per_1000_traces" is null),
  CONSTRAINT "tenant_amounts_say_something" CHECK ("tenant_amounts"."traces" is not null or "tenant_amounts"."seats" is not null)
);
CREATE TABLE "spend_caps" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "cents" integer NOT NULL,
  "set_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "spend_caps_not_negative" CHECK ("spend_caps"."cents" >= 0)
);
CREATE TABLE "quota_alerts" (
  "tenant_id" uuid NOT NULL,
  "period_start" timestamp with time zone NOT NULL,
  "kind" text NOT NULL,
  "traces" bigint NOT NULL,
  "percent" smallint NOT NULL,
  "mailed_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "quota_alerts_tenant_id_period_start_kind_traces_percent_pk" PRIMARY KEY("tenant_id","period_start","kind","traces","percent"),
  CONSTRAINT "quota_alerts_kind_known" CHECK ("quota_alerts"."kind" in ('included', 'limit'))
);
ALTER TABLE "tenant_amounts" ADD CONSTRAINT "tenant_amounts_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
ALTER TABLE "spend_caps" ADD CONSTRAINT "spend_caps_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
ALTER TABLE "quota_alerts" ADD CONSTRAINT "quota_alerts_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");

SELECT all_tenants.protect_control_table('tenant_amounts');
SELECT all_tenants.protect_control_table('spend_caps');
SELECT all_tenants.protect_control_table('quota_alerts');
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant_amounts, spend_caps, quota_alerts TO ragtoolkit_platform;
