/** What the payment provider counts of a tenant's metric in each hour. */
export type ProviderHour = { hour: Date; value: number };

/** Answers null for a tenant that the provider does not know. Throws when it cannot be asked. */
type Reader = (
  tenantId: string,
  metric: string,
  span: { start: Date; end: Date },
) => Promise<readonly ProviderHour[] | null>;

const PROVIDER = Symbol.for('ragtoolkit.usage-provider');
const globals = globalThis as { [PROVIDER]?: Reader | undefined };

/** Says how the payment provider is asked. To be called once at start: who reconciles knows no provider. Undefined: there is none. */
export function registerUsageProvider(read: Reader | undefined): void {
  globals[PROVIDER] = read;
}

/** What the payment provider counts; null where there is none, or it does not know the tenant. Throws what the provider does. */
export async function readProviderUsage(
  ...asked: Parameters<Reader>
): Promise<readonly ProviderHour[] | null> {
  return (await globals[PROVIDER]?.(...asked)) ?? null;
}
