-- Places of what may be under way only so often at a time, whichever process does it.
CREATE TABLE "concurrency_leases" (
  "tenant_id" uuid NOT NULL,
  "policy" text NOT NULL,
  "place" smallint NOT NULL,
  "holder" uuid NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  CONSTRAINT "concurrency_leases_tenant_id_policy_place_pk" PRIMARY KEY("tenant_id","policy","place")
);

SELECT all_tenants.protect_control_table('concurrency_leases');
GRANT SELECT, INSERT, UPDATE (holder, expires_at), DELETE ON concurrency_leases TO ragtoolkit_app;
