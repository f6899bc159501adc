-- Renaming, deleting and erasing a workspace; sign-up through the API. docs/lifecycle.md and docs/adr/0006 say how.

ALTER TABLE "tenants"
  ADD COLUMN "deletion_requested_at" timestamp with time zone,
  ADD COLUMN "deletion_requested_by" uuid,
  ADD COLUMN "delete_after" timestamp with time zone;
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_deletion_requested_by_users_id_fk"
  FOREIGN KEY ("deletion_requested_by") REFERENCES "users"("id") ON DELETE set null;
ALTER TABLE "tenants" ADD CONSTRAINT "tenants_deletion_dated"
  CHECK ("tenants"."delete_after" is null or "tenants"."status" = 'deleting');
CREATE INDEX "tenants_deletion_due" ON "tenants" USING btree ("delete_after") WHERE "tenants"."delete_after" is not null;

-- Addresses that a workspace has left. They belong to it for a year, and to nobody once it is erased.
CREATE TABLE "reserved_slugs" (
  "slug" text PRIMARY KEY NOT NULL,
  "tenant_id" uuid,
  "until" timestamp with time zone NOT NULL
);
ALTER TABLE "reserved_slugs" ADD CONSTRAINT "reserved_slugs_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id") ON DELETE set null;
CREATE INDEX "reserved_slugs_tenant" ON "reserved_slugs" USING btree ("tenant_id");
GRANT SELECT ON reserved_slugs TO ragtoolkit_platform;

-- Workspaces made through the API whose address nobody has confirmed yet.
CREATE TABLE "tenant_confirmations" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "user_id" uuid,
  "expires_at" timestamp with time zone NOT NULL
);
ALTER TABLE "tenant_confirmations" ADD CONSTRAINT "tenant_confirmations_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
ALTER TABLE "tenant_confirmations" ADD CONSTRAINT "tenant_confirmations_user_id_users_id_fk"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE set null;
SELECT all_tenants.protect_control_table('tenant_confirmations');
GRANT SELECT, DELETE ON tenant_confirmations TO ragtoolkit_platform;

-- Erasures under way, with what was counted before anything was touched. Only the owner login reads and writes them.
CREATE TABLE "erasures" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "started_at" timestamp with time zone DEFAULT now() NOT NULL,
  "row_counts" jsonb NOT NULL
);
SELECT all_tenants.protect_control_table('erasures');

-- What remains of an erased workspace: no name, no address, no person.
CREATE TABLE "erasure_receipts" (
  "tenant_id" uuid PRIMARY KEY NOT NULL,
  "slug_hash" text NOT NULL,
  "requested_at" timestamp (3) with time zone NOT NULL,
  "erased_at" timestamp (3) with time zone NOT NULL,
  "row_counts" jsonb NOT NULL,
  "signature" text NOT NULL
);
SELECT all_tenants.protect_control_table('erasure_receipts');
GRANT SELECT ON erasure_receipts TO ragtoolkit_platform;

-- Writes a workspace's address beside its schema, whose own name never changes.
CREATE FUNCTION all_tenants.describe_tenant(tenant uuid, slug text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  EXECUTE format('COMMENT ON SCHEMA %I IS %L', 't_' || replace(tenant::text, '-', ''), slug);
END $$;
REVOKE EXECUTE ON FUNCTION all_tenants.describe_tenant(uuid, text) FROM PUBLIC;
