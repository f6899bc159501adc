-- What the isolation canary found.
CREATE TABLE "isolation_checks" (
  "tenant_id" uuid NOT NULL,
  "id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "isolation_checks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
  "at" timestamp with time zone DEFAULT now() NOT NULL,
  "asked_by" text NOT NULL,
  "passed" boolean NOT NULL,
  "probes" jsonb NOT NULL,
  CONSTRAINT "isolation_checks_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
CREATE INDEX "isolation_checks_newest" ON "isolation_checks" USING btree ("tenant_id","at" DESC NULLS FIRST);

SELECT all_tenants.protect_control_table('isolation_checks');
GRANT SELECT, INSERT ON isolation_checks TO ragtoolkit_app;
GRANT SELECT, DELETE ON isolation_checks TO ragtoolkit_platform;
