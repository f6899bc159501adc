-- What the statistics' averages and traffic lights are made of, kept with each hour.
ALTER TABLE all_tenants."trace_rollups"
  ADD COLUMN "latency_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "latency_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "grounding_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "grounding_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "helpfulness_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "helpfulness_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "safety_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "safety_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "overall_sum" double precision DEFAULT 0 NOT NULL,
  ADD COLUMN "overall_count" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "green" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "amber" integer DEFAULT 0 NOT NULL,
  ADD COLUMN "red" integer DEFAULT 0 NOT NULL;
-- Columns reach the partitions by themselves; the right to update them does not.
SELECT all_tenants.protect_tenant_table('all_tenants.trace_rollups');
SELECT all_tenants.protect_tenant_table(inhrelid::regclass) FROM pg_inherits
  WHERE inhparent = 'all_tenants.trace_rollups'::regclass ORDER BY inhrelid;
-- The hours that are there are written anew by the next sweep.
INSERT INTO stats_dirty_hours (tenant_id, hour)
  SELECT DISTINCT tenant_id, hour FROM all_tenants.trace_rollups ORDER BY tenant_id, hour;

-- The words of each trace's question, answer and chunks, for the text search: apart from the trace, because filing a trace's
-- words costs ten times what storing it does. They are filed soon after it by a sweep, from the notes of what was written.
CREATE TABLE all_tenants."trace_words" (
  "tenant_id" uuid NOT NULL,
  "trace_id" text NOT NULL,
  "words" "tsvector" NOT NULL,
  CONSTRAINT "trace_words_tenant_id_trace_id_pk" PRIMARY KEY("tenant_id","trace_id")
) PARTITION BY LIST (tenant_id);
CREATE INDEX "trace_words_words" ON all_tenants."trace_words" USING gin ("words");

SELECT all_tenants.protect_tenant_table('all_tenants.trace_words');
SELECT all_tenants.add_partition(id, 'all_tenants.trace_words') FROM tenants
  WHERE to_regnamespace('t_' || replace(id::text, '-', '')) IS NOT NULL ORDER BY id; -- one that is being erased has none

CREATE TABLE "trace_words_pending" (
  "tenant_id" uuid NOT NULL,
  "id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "trace_words_pending_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
  "trace_ids" text[] NOT NULL,
  CONSTRAINT "trace_words_pending_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
SELECT all_tenants.protect_control_table('trace_words_pending');
GRANT SELECT, INSERT, DELETE ON trace_words_pending TO ragtoolkit_app;
GRANT SELECT, DELETE ON trace_words_pending TO ragtoolkit_platform;

-- The traces that are there are filed by the sweep like new ones.
INSERT INTO trace_words_pending (tenant_id, trace_ids)
  SELECT tenant_id, array_agg(trace_id) FROM (
    SELECT tenant_id, trace_id, (row_number() OVER (PARTITION BY tenant_id ORDER BY received_at DESC) - 1) / 100 AS part
    FROM all_tenants.traces) numbered
  GROUP BY tenant_id, part ORDER BY tenant_id, part;

-- A page of the traces with these words or tags. Row-level security keeps a GIN index from being used, so this runs as the
-- owner, to whom it does not apply: it reads the tenant from the transaction's setting and looks into that tenant's schema
-- alone. What a client sent is a parameter everywhere; what is put together are texts that stand here. A field of the filter
-- that is not known makes the statement null, which is an error.
CREATE FUNCTION public.search_traces(filter jsonb, sort text, place text, place_id text, most integer)
RETURNS TABLE (trace_id text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
  source text;
  conditions text := 't.tenant_id = $1';
  sorted text;
  type text := 'float8';
  direction text := 'DESC';
  field text;
  words tsquery;
  tags text[] := ARRAY(SELECT jsonb_array_elements_text(filter->'tags'));
BEGIN
  IF tenant IS NULL THEN RETURN; END IF;
  source := format('%I.traces t', 't_' || replace(tenant::text, '-', ''));
  CASE sort
    WHEN 'newest' THEN sorted := 't.received_at'; type := 'timestamptz';
    WHEN 'oldest' THEN sorted := 't.received_at'; type := 'timestamptz'; direction := 'ASC';
    WHEN 'latency' THEN sorted := 't.latency_ms'; conditions := conditions || ' AND t.latency_ms IS NOT NULL';
    WHEN 'tokens' THEN sorted := '(coalesce(t.tokens_in, 0) + coalesce(t.tokens_out, 0))';
      conditions := conditions || ' AND (t.tokens_in IS NOT NULL OR t.tokens_out IS NOT NULL)';
    WHEN 'grounding' THEN sorted := 't.grounding_score'; direction := 'ASC';
      conditions := conditions || ' AND t.grounding_score IS NOT NULL';
  END CASE;
  IF filter ? 'q' THEN
    BEGIN
      words := websearch_to_tsquery('simple', filter->>'q');
    EXCEPTION WHEN internal_error OR program_limit_exceeded THEN
      RETURN; -- dozens of signs in a row without a word are too much for PostgreSQL's parser
    END;
    source := source || format(' JOIN %I.trace_words w ON w.tenant_id = t.tenant_id AND w.trace_id = t.trace_id',
      't_' || replace(tenant::text, '-', ''));
  END IF;
  FOR field IN SELECT jsonb_object_keys(filter) LOOP
    conditions := conditions || ' AND ' || CASE field
      WHEN 'q' THEN 'w.tenant_id = $1 AND w.words @@ $6'
      WHEN 'tags' THEN 't.tags @> $7'
      WHEN 'model' THEN $q$t.model = $2->>'model'$q$
      WHEN 'project' THEN $q$t.project = $2->>'project'$q$
      WHEN 'user_id' THEN $q$t.user_id = $2->>'user_id'$q$
      WHEN 'session_id' THEN $q$t.session_id = $2->>'session_id'$q$
      WHEN 'traffic_light' THEN $q$t.traffic_light = $2->>'traffic_light'$q$
      WHEN 'has_error' THEN $q$(t.error IS NOT NULL) = ($2->'has_error')::boolean$q$
      WHEN 'started_from' THEN $q$t.started_at >= ($2->>'started_from')::timestamptz$q$
      WHEN 'started_to' THEN $q$t.started_at <= ($2->>'started_to')::timestamptz$q$
      WHEN 'received_from' THEN $q$t.received_at >= ($2->>'received_from')::timestamptz$q$
      WHEN 'received_to' THEN $q$t.received_at < ($2->>'received_to')::timestamptz$q$
      WHEN 'min_grounding' THEN $q$t.grounding_score >= ($2->'min_grounding')::float8$q$
      WHEN 'max_grounding' THEN $q$t.grounding_score <= ($2->'max_grounding')::float8$q$
      WHEN 'min_helpfulness' THEN $q$t.helpfulness_score >= ($2->'min_helpfulness')::float8$q$
      WHEN 'max_helpfulness' THEN $q$t.helpfulness_score <= ($2->'max_helpfulness')::float8$q$
      WHEN 'min_safety' THEN $q$t.safety_score >= ($2->'min_safety')::float8$q$
      WHEN 'max_safety' THEN $q$t.safety_score <= ($2->'max_safety')::float8$q$
      WHEN 'min_overall' THEN $q$t.overall_score >= ($2->'min_overall')::float8$q$
      WHEN 'max_overall' THEN $q$t.overall_score <= ($2->'max_overall')::float8$q$
      WHEN 'min_latency_ms' THEN $q$t.latency_ms >= ($2->'min_latency_ms')::float8$q$
      WHEN 'max_latency_ms' THEN $q$t.latency_ms <= ($2->'max_latency_ms')::float8$q$
      WHEN 'min_tokens_in' THEN $q$t.tokens_in >= ($2->'min_tokens_in')::float8$q$
      WHEN 'max_tokens_in' THEN $q$t.tokens_in <= ($2->'max_tokens_in')::float8$q$
      WHEN 'min_tokens_out' THEN $q$t.tokens_out >= ($2->'min_tokens_out')::float8$q$
      WHEN 'max_tokens_out' THEN $q$t.tokens_out <= ($2->'max_tokens_out')::float8$q$
    END;
  END LOOP;
  IF place IS NOT NULL THEN
    conditions := conditions || format(' AND (%s, t.trace_id) %s ($3::%s, $4)', sorted,
      CASE direction WHEN 'ASC' THEN '>' ELSE '<' END, type);
  END IF;
  RETURN QUERY EXECUTE 'SELECT t.trace_id FROM ' || source || ' WHERE ' || conditions
      || format(' ORDER BY %s %s, t.trace_id %s LIMIT $5', sorted, direction, direction)
    USING tenant, filter, place, place_id, most, words, tags;
END $$;

REVOKE EXECUTE ON FUNCTION public.search_traces(jsonb, text, text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.search_traces(jsonb, text, text, text, integer) TO ragtoolkit_app;
