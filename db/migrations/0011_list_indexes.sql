-- ragtoolkit: concurrently
-- What lists of traces are filtered and sorted by. Each is read by row-level security's own plans: comparisons only.
CREATE INDEX traces_project ON all_tenants.traces (tenant_id, project, received_at DESC, trace_id DESC);
CREATE INDEX traces_user ON all_tenants.traces (tenant_id, user_id, received_at DESC, trace_id DESC) WHERE user_id IS NOT NULL;
CREATE INDEX traces_session ON all_tenants.traces (tenant_id, session_id, received_at DESC, trace_id DESC) WHERE session_id IS NOT NULL;
CREATE INDEX traces_errors ON all_tenants.traces (tenant_id, received_at DESC, trace_id DESC) WHERE error IS NOT NULL;
CREATE INDEX traces_light ON all_tenants.traces (tenant_id, traffic_light, received_at DESC, trace_id DESC) WHERE traffic_light IS NOT NULL;
CREATE INDEX traces_started ON all_tenants.traces (tenant_id, started_at);
CREATE INDEX traces_latency ON all_tenants.traces (tenant_id, latency_ms, trace_id) WHERE latency_ms IS NOT NULL;
CREATE INDEX traces_tokens ON all_tenants.traces (tenant_id, (coalesce(tokens_in, 0) + coalesce(tokens_out, 0)), trace_id) WHERE tokens_in IS NOT NULL OR tokens_out IS NOT NULL;
CREATE INDEX traces_grounding ON all_tenants.traces (tenant_id, grounding_score, trace_id) WHERE grounding_score IS NOT NULL;
CREATE INDEX traces_tags ON all_tenants.traces USING gin (tags) WHERE tags IS NOT NULL;
