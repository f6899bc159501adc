-- ragtoolkit: concurrently
-- What the remaining ranges of the list are read by, where few traces are within one.
CREATE INDEX traces_tokens_in ON all_tenants.traces (tenant_id, tokens_in, trace_id) WHERE tokens_in IS NOT NULL;
CREATE INDEX traces_tokens_out ON all_tenants.traces (tenant_id, tokens_out, trace_id) WHERE tokens_out IS NOT NULL;
CREATE INDEX traces_helpfulness ON all_tenants.traces (tenant_id, helpfulness_score, trace_id) WHERE helpfulness_score IS NOT NULL;
CREATE INDEX traces_safety ON all_tenants.traces (tenant_id, safety_score, trace_id) WHERE safety_score IS NOT NULL;
CREATE INDEX traces_overall ON all_tenants.traces (tenant_id, overall_score, trace_id) WHERE overall_score IS NOT NULL;
-- Also told: when it was received and which trace, so that a page of a stretch of time reads no row before it is chosen.
CREATE INDEX traces_started_page ON all_tenants.traces (tenant_id, started_at, received_at DESC, trace_id DESC);
