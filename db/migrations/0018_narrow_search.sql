-- traces_started_page answers whatever it did.
DROP INDEX all_tenants.traces_started;

-- As before, but what few traces fulfil is looked up first. Told that it may stop after a page, PostgreSQL reads on from the newest
-- trace until it has one, and of a word that hardly any trace holds it reads all of them.
CREATE OR REPLACE FUNCTION public.search_traces(filter jsonb, sort text, place text, place_id text, most integer)
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
  most_of_few constant integer := 5000;
  few_ids text[];
  is_narrow boolean;
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
    EXECUTE format('SELECT array_agg(trace_id) FROM (SELECT w.trace_id FROM %I.trace_words w WHERE w.tenant_id = $1
      AND w.words @@ $2 LIMIT $3) some_of_them', 't_' || replace(tenant::text, '-', '')) INTO few_ids USING tenant, words, most_of_few + 1;
  ELSE
    EXECUTE 'SELECT array_agg(trace_id) FROM (SELECT t.trace_id FROM ' || source || ' WHERE t.tenant_id = $1 AND t.tags @> $2
      LIMIT $3) some_of_them' INTO few_ids USING tenant, tags, most_of_few + 1;
  END IF;
  IF few_ids IS NULL THEN RETURN; END IF;
  is_narrow := cardinality(few_ids) <= most_of_few;
  IF filter ? 'q' AND NOT is_narrow THEN
    source := source || format(' JOIN %I.trace_words w ON w.tenant_id = t.tenant_id AND w.trace_id = t.trace_id',
      't_' || replace(tenant::text, '-', ''));
  END IF;
  FOR field IN SELECT jsonb_object_keys(filter) LOOP
    conditions := conditions || ' AND ' || CASE field
      WHEN 'q' THEN CASE WHEN is_narrow THEN 'true' ELSE 'w.tenant_id = $1 AND w.words @@ $6' END
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
  IF is_narrow THEN
    RETURN QUERY EXECUTE 'WITH narrow AS MATERIALIZED (SELECT t.trace_id, ' || sorted || ' AS place FROM ' || source
        || ' WHERE t.trace_id = ANY ($8) AND ' || conditions || ') SELECT trace_id FROM narrow'
        || format(' ORDER BY place %s, trace_id %s LIMIT $5', direction, direction)
      USING tenant, filter, place, place_id, most, words, tags, few_ids;
  ELSE
    RETURN QUERY EXECUTE 'SELECT t.trace_id FROM ' || source || ' WHERE ' || conditions
        || format(' ORDER BY %s %s, t.trace_id %s LIMIT $5', sorted, direction, direction)
      USING tenant, filter, place, place_id, most, words, tags;
  END IF;
END $$;
