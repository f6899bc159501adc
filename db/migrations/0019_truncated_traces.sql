-- How far a trace with more spans than it is assembled from was assembled.
ALTER TABLE all_tenants."traces" ADD COLUMN "assembled_until_ns" bigint;
-- Columns reach the partitions by themselves; the right to update them does not.
SELECT all_tenants.protect_tenant_table('all_tenants.traces');
SELECT all_tenants.protect_tenant_table(inhrelid::regclass) FROM pg_inherits
  WHERE inhparent = 'all_tenants.traces'::regclass ORDER BY inhrelid;
