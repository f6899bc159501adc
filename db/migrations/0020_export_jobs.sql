-- Exports are jobs of the operators' console: it lists them, and ends one by taking its place away.
CREATE INDEX "audit_log_exports" ON "audit_log" USING btree ("action","at" DESC) WHERE "audit_log"."target_kind" = 'export';

GRANT SELECT, DELETE ON concurrency_leases TO ragtoolkit_platform;
