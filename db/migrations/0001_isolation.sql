-- The three locks: one schema and partition per tenant, a partition constraint, and row-level security, with the
-- application logging in as roles that own nothing. docs/adr/0001 and 0002 say why.

-- Lock 3 on the control tables that a tenant owns. A policy has no subquery (so that it also holds on Citus).
-- No setting, or an empty one, matches nothing.
CREATE FUNCTION all_tenants.protect_control_table(control_table regclass, tenant_column name DEFAULT 'tenant_id')
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', control_table);
  EXECUTE format($policy$CREATE POLICY own_tenant ON %s TO ragtoolkit_app
    USING (%I = nullif(current_setting('app.tenant_id', true), '')::uuid)$policy$, control_table, tenant_column);
  EXECUTE format('CREATE POLICY platform ON %s TO ragtoolkit_platform USING (true)', control_table);
END $$;

SELECT all_tenants.protect_control_table('tenants', 'id');
SELECT all_tenants.protect_control_table('memberships');
SELECT all_tenants.protect_control_table('api_keys');
SELECT all_tenants.protect_control_table('usage_deltas');
SELECT all_tenants.protect_control_table('audit_log');

-- What a tenant's request may touch, column by column where a column is a secret.
GRANT SELECT ON tenants, memberships TO ragtoolkit_app;
GRANT SELECT (tenant_id, id, name, scopes, created_by, created_at, expires_at, revoked_at) ON api_keys TO ragtoolkit_app;
GRANT SELECT, INSERT ON usage_deltas, audit_log TO ragtoolkit_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON
  tenants, memberships, api_keys, usage_deltas, users, credentials, sessions, verification_tokens, mail_outbox
  TO ragtoolkit_platform;
GRANT SELECT, INSERT ON audit_log TO ragtoolkit_platform;

-- Locks and grants of one tenant data table: the parent or a partition. The key and received_at never change.
CREATE FUNCTION all_tenants.protect_tenant_table(tenant_table regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  mutable text;
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant_table);
  EXECUTE format('DROP POLICY IF EXISTS own_tenant ON %s', tenant_table);
  EXECUTE format($policy$CREATE POLICY own_tenant ON %s TO ragtoolkit_app
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)$policy$, tenant_table);
  EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, ragtoolkit_app, ragtoolkit_platform', tenant_table);
  EXECUTE format('GRANT SELECT, INSERT, DELETE ON %s TO ragtoolkit_app', tenant_table);
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO mutable
    FROM pg_attribute a
    WHERE a.attrelid = tenant_table AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'received_at'
      AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = tenant_table AND i.indisprimary AND a.attnum = ANY (i.indkey));
  EXECUTE format('GRANT UPDATE (%s) ON %s TO ragtoolkit_app', mutable, tenant_table);
END $$;

SELECT all_tenants.protect_tenant_table('all_tenants.traces');

-- A tenant's partition of one tenant data table. Creating the table first and attaching it then takes no long lock on
-- the parent.
CREATE FUNCTION all_tenants.add_partition(tenant uuid, parent regclass)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  tenant_schema name := 't_' || replace(tenant::text, '-', '');
  table_name name := (SELECT relname FROM pg_class WHERE oid = parent);
BEGIN
  EXECUTE format('CREATE TABLE %I.%I (LIKE %s INCLUDING ALL)', tenant_schema, table_name, parent);
  PERFORM all_tenants.protect_tenant_table(format('%I.%I', tenant_schema, table_name)::regclass);
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I.%I FOR VALUES IN (%L)', parent, tenant_schema, table_name, tenant);
END $$;

-- A tenant's schema with its partition of every tenant data table. The schema's name comes from the id; the slug is only
-- a comment.
CREATE FUNCTION all_tenants.provision_tenant(tenant uuid, slug text)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  tenant_schema name := 't_' || replace(tenant::text, '-', '');
  parent regclass;
BEGIN
  EXECUTE format('CREATE SCHEMA %I', tenant_schema);
  EXECUTE format('COMMENT ON SCHEMA %I IS %L', tenant_schema, slug);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO ragtoolkit_app', tenant_schema);
  FOR parent IN
    SELECT c.oid::regclass FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
      WHERE c.relnamespace = 'all_tenants'::regnamespace ORDER BY c.relname
  LOOP
    PERFORM all_tenants.add_partition(tenant, parent);
  END LOOP;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA all_tenants FROM PUBLIC;
