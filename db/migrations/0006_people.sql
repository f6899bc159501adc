-- People: sign-in at providers, second factors, invitations, mailed links; what keys may do; who did what from where.

ALTER TABLE "sessions"
  ADD COLUMN "second_factor_pending" boolean DEFAULT false NOT NULL,
  ADD COLUMN "method" text,
  ADD COLUMN "ip" text,
  ADD COLUMN "user_agent" text,
  ADD COLUMN "last_seen_at" timestamp with time zone,
  ADD COLUMN "last_seen_ip" text;

CREATE TABLE "provider_accounts" (
  "provider" text NOT NULL,
  "account_id" text NOT NULL,
  "user_id" uuid NOT NULL,
  "email" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "provider_accounts_provider_account_id_pk" PRIMARY KEY("provider","account_id"),
  CONSTRAINT "provider_accounts_provider_known" CHECK ("provider_accounts"."provider" in ('github', 'google'))
);
CREATE TABLE "second_factors" (
  "user_id" uuid PRIMARY KEY NOT NULL,
  "secret_encrypted" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "confirmed_at" timestamp with time zone,
  "last_step" bigint
);
CREATE TABLE "recovery_codes" (
  "user_id" uuid NOT NULL,
  "code_hash" text NOT NULL,
  "used_at" timestamp with time zone,
  CONSTRAINT "recovery_codes_user_id_code_hash_pk" PRIMARY KEY("user_id","code_hash")
);
CREATE TABLE "person_tokens" (
  "token_hash" text PRIMARY KEY NOT NULL,
  "purpose" text NOT NULL,
  "user_id" uuid NOT NULL,
  "email" text NOT NULL,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  CONSTRAINT "person_tokens_purpose_known"
    CHECK ("person_tokens"."purpose" in ('verify-email', 'reset-password', 'change-email'))
);
ALTER TABLE "provider_accounts" ADD CONSTRAINT "provider_accounts_user_id_users_id_fk"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade;
ALTER TABLE "second_factors" ADD CONSTRAINT "second_factors_user_id_users_id_fk"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade;
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_user_id_users_id_fk"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade;
ALTER TABLE "person_tokens" ADD CONSTRAINT "person_tokens_user_id_users_id_fk"
  FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE cascade;
CREATE INDEX "provider_accounts_user" ON "provider_accounts" USING btree ("user_id");
CREATE INDEX "person_tokens_user" ON "person_tokens" USING btree ("user_id","purpose");
GRANT SELECT, INSERT, UPDATE, DELETE ON provider_accounts, second_factors, recovery_codes, person_tokens
  TO ragtoolkit_platform;

ALTER TABLE "memberships" ADD COLUMN "last_active_at" timestamp with time zone;

CREATE TABLE "invitations" (
  "tenant_id" uuid NOT NULL,
  "id" uuid NOT NULL,
  "email" text NOT NULL,
  "role" text NOT NULL,
  "token_hash" text NOT NULL,
  "invited_by" uuid,
  "created_at" timestamp with time zone DEFAULT now() NOT NULL,
  "sent_at" timestamp with time zone DEFAULT now() NOT NULL,
  "expires_at" timestamp with time zone NOT NULL,
  "accepted_at" timestamp with time zone,
  "accepted_by" uuid,
  "revoked_at" timestamp with time zone,
  CONSTRAINT "invitations_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
  CONSTRAINT "invitations_role_known" CHECK ("invitations"."role" in ('admin', 'analyst', 'viewer'))
);
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_tenant_id_tenants_id_fk"
  FOREIGN KEY ("tenant_id") REFERENCES "tenants"("id");
CREATE UNIQUE INDEX "invitations_open" ON "invitations" USING btree ("tenant_id","email")
  WHERE "invitations"."accepted_at" is null and "invitations"."revoked_at" is null;
CREATE INDEX "invitations_token" ON "invitations" USING btree ("token_hash");
CREATE INDEX "invitations_email" ON "invitations" USING btree ("email");
SELECT all_tenants.protect_control_table('invitations');
-- Not the token's hash: an export reads with this login.
GRANT SELECT (tenant_id, id, email, role, invited_by, created_at, sent_at, expires_at, accepted_at, accepted_by, revoked_at)
  ON invitations TO ragtoolkit_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO ragtoolkit_platform;

ALTER TABLE "api_keys"
  ADD COLUMN "kind" text DEFAULT 'secret' NOT NULL,
  ADD COLUMN "is_service" boolean DEFAULT false NOT NULL,
  ADD COLUMN "replaced_by" uuid,
  ADD COLUMN "last_used_at" timestamp with time zone,
  ADD COLUMN "last_used_ip" text,
  ADD CONSTRAINT "api_keys_kind_known" CHECK ("api_keys"."kind" in ('secret', 'publish'));
CREATE INDEX "api_keys_creator" ON "api_keys" USING btree ("created_by");
-- A key that nobody is named for was made by the system: it has no creator's role to be bounded by.
UPDATE "api_keys" SET "is_service" = true WHERE "created_by" IS NULL;
GRANT SELECT (kind, is_service, replaced_by, last_used_at, last_used_ip) ON api_keys TO ragtoolkit_app;

ALTER TABLE "audit_log" ADD COLUMN "ip" text, ADD COLUMN "user_agent" text;

ALTER TABLE "mail_outbox"
  ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
  ADD COLUMN "last_error" text,
  ADD COLUMN "sent_at" timestamp with time zone,
  ADD COLUMN "failed_at" timestamp with time zone;
CREATE INDEX "mail_outbox_due" ON "mail_outbox" USING btree ("next_attempt_at")
  WHERE "mail_outbox"."sent_at" is null and "mail_outbox"."failed_at" is null;

-- What people say of answers.
CREATE TABLE all_tenants."feedback" (
  "tenant_id" uuid NOT NULL,
  "trace_id" text NOT NULL,
  "id" text NOT NULL,
  "thumbs" text,
  "score" double precision,
  "comment" text,
  "user_id" text,
  "key_id" uuid,
  "created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
  "updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
  CONSTRAINT "feedback_tenant_id_trace_id_id_pk" PRIMARY KEY("tenant_id","trace_id","id")
) PARTITION BY LIST (tenant_id);
CREATE INDEX "feedback_newest" ON all_tenants."feedback" USING btree ("tenant_id","created_at" DESC NULLS FIRST);
SELECT all_tenants.protect_tenant_table('all_tenants.feedback');
SELECT all_tenants.add_partition(id, 'all_tenants.feedback') FROM tenants
  WHERE to_regnamespace('t_' || replace(id::text, '-', '')) IS NOT NULL ORDER BY id;
