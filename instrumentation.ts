/** Called by Next once per process, before it serves: starts what runs in the background. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startListening } = await import('@/lib/tenancy/live-cache');
  const { startMailDelivery } = await import('@/lib/mail/delivery');
  const { startSweep } = await import('@/lib/jobs/sweep');
  const { rollUpAllTenants } = await import('@/lib/stats/mutations');
  const { sweepErasures } = await import('@/lib/workflows/erasure/mutations');
  const { sweepTombstones } = await import('@/lib/traces/mutations');
  const { fileAllWords } = await import('@/lib/words/mutations');
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
  const { QUOTA_SWEEP_MS, registerQuotaJudge, renewQuotas } = await import('@/lib/tenancy/quota');
  const { judgeQuota, sweepQuotas } = await import('@/lib/workflows/quotas/mutations');
  registerQuotaJudge(judgeQuota);
  startSweep('quotas', QUOTA_SWEEP_MS, renewQuotas);
  startSweep('quota-alerts', 3_600_000, sweepQuotas);
  const { flushVitals, sweepVitals } = await import('@/lib/jobs/vitals');
  startSweep('vitals', 10_000, flushVitals);
  startSweep('vitals-old', 600_000, sweepVitals);
  startMailDelivery();
  await startBilling();
}

/** Stripe, or the sandbox in its place where all is embedded, and what tells it of usage and seats and copies what it knows. */
async function startBilling(): Promise<void> {
  // Again, so that what is imported here stays out of another runtime's bundle.
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { startSweep } = await import('@/lib/jobs/sweep');
  const { env } = await import('@/lib/env');
  if (!env().stripe && env().embedded) await startStripeSandbox();
  const { sweepAllCustomers, sweepDirtyCustomers } = await import('@/lib/billing-sync/mutations');
  const { sweepStandings } = await import('@/lib/billing-standing/mutations');
  const { sweepEvents } = await import('@/lib/billing-events/mutations');
  const { sendUsage } = await import('@/lib/billing-usage/mutations');
  const { readMeterHours } = await import('@/lib/billing-usage/queries');
  const { sendSeats } = await import('@/lib/billing-seats/mutations');
  const { registerUsageProvider } = await import('@/lib/usage/provider');
  registerUsageProvider(readMeterHours);
  startSweep('billing-sync', 2_000, sweepDirtyCustomers);
  startSweep('billing-seats', 2_000, sendSeats);
  startSweep('billing-usage', 10_000, sendUsage);
  startSweep('billing-standings', 300_000, sweepStandings);
  startSweep('billing-all', 3_600_000, sweepAllCustomers);
  startSweep('billing-events', 3_600_000, sweepEvents);
}

/** On the port after the server's, so that addresses of invoices last; on another where that is taken. */
async function startStripeSandbox(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { env } = await import('@/lib/env');
  const { log, logError } = await import('@/lib/log');
  const { speakToSandbox } = await import('@/lib/stripe/client');
  const { startSandbox } = await import('@/lib/billing/sandbox/server');
  const { port, stripeSandboxPort, stripeSandboxFile } = env();
  const webhookSecret = `whsec_${crypto.randomUUID().replaceAll('-', '')}`;
  const startAt = (at: number) =>
    startSandbox({
      port: at,
      statePath: stripeSandboxFile,
      webhookSecret,
      webhookUrl: () => `http://127.0.0.1:${port}/api/webhooks/stripe`,
      stripeSecretKey: env().stripe?.secretKey,
      onError: (error) => logError(error, 'stripe sandbox'),
    });
  const wanted = stripeSandboxPort ?? (port < 65_535 ? port + 1 : 0);
  const sandbox = await startAt(wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || stripeSandboxPort) throw error;
    return startAt(0);
  });
  speakToSandbox({ port: sandbox.port, webhookSecret });
  log().info({ url: sandbox.url }, 'the Stripe sandbox listens: no real money moves');
}
