/** Called by Next once per process, before it serves: starts what runs in the background. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startListening } = await import('@/lib/tenancy/live-cache');
  const { startMailDelivery } = await import('@/lib/mail/delivery');
  const { startSweep } = await import('@/lib/jobs/sweep');
  const { rollUpAllTenants } = await import('@/lib/stats/mutations');
  const { sweepErasures } = await import('@/lib/workflows/erasure/mutations');
  const { fileAllWords, sweepTombstones } = await import('@/lib/traces/mutations');
  const { sweepDeliveries } = await import('@/lib/deliveries/mutations');
  const { registerLegacyTenantMaker } = await import('@/lib/auth/legacy-key');
  const { ensureDefaultTenant } = await import('@/lib/workflows/default-tenant/mutations');
  startListening();
  registerLegacyTenantMaker((requestId) =>
    ensureDefaultTenant({ actor: { kind: 'system', name: 'legacy-key' }, requestId }),
  );
  const { sweepIsolation } = await import('@/lib/workflows/isolation-canary/mutations');
  startSweep('rollup', 60_000, rollUpAllTenants);
  startSweep('words', 1_000, fileAllWords);
  startSweep('erasure', 60_000, sweepErasures);
  startSweep('tombstones', 3_600_000, sweepTombstones);
  startSweep('deliveries', 3_600_000, sweepDeliveries);
  startSweep('isolation', 3_600_000, sweepIsolation);
  const { flushRequestCounts } = await import('@/lib/usage/request-counts');
  const { sweepLimitNotices, sweepRequestCounts } = await import('@/lib/workflows/limits/mutations');
  startSweep('request-counts', 5_000, flushRequestCounts);
  startSweep('request-counts-old', 600_000, sweepRequestCounts);
  startSweep('limit-notices', 60_000, sweepLimitNotices);
  const { QUOTA_SWEEP_MS, registerQuotaJudge, renewQuotas } = await import('@/lib/tenancy/quota');
  const { judgeQuota, sweepQuotas } = await import('@/lib/workflows/quotas/mutations');
  registerQuotaJudge(judgeQuota);
  startSweep('quotas', QUOTA_SWEEP_MS, renewQuotas);
  startSweep('quota-alerts', 3_600_000, sweepQuotas);
  const { flushApiRequests } = await import('@/lib/usage/api-requests');
  startSweep('api-requests', 1_000, flushApiRequests);
  const { runMeteringJobs } = await import('@/lib/workflows/metering-reconciliation/mutations');
  const { newRequestId } = await import('@/lib/ids');
  let trigger: 'boot' | 'timer' = 'boot';
  startSweep('metering', 60_000, async () => {
    await runMeteringJobs(
      { actor: { kind: 'system', name: 'metering' }, requestId: newRequestId() },
      trigger,
    );
    trigger = 'timer';
  });
  const { flushVitals, sweepVitals } = await import('@/lib/jobs/vitals');
  startSweep('vitals', 10_000, flushVitals);
  startSweep('vitals-old', 600_000, sweepVitals);
  startMailDelivery();
}
