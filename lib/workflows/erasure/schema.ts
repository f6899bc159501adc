import { z } from 'zod';

/**
 * What remains of an erased workspace, as it is stored, mailed and checked. `slug_hash` is a keyed hash of the address it
 * had; times are ISO 8601 in UTC; `row_counts` says how many rows of each table were deleted.
 */
export const erasureReceipt = z.strictObject({
  version: z.literal(1),
  tenant_id: z.uuid(),
  slug_hash: z.string(),
  requested_at: z.iso.datetime(),
  erased_at: z.iso.datetime(),
  row_counts: z.record(z.string(), z.number().int().nonnegative()),
  /** HMAC-SHA-256 in hex over all of the above, as canonical JSON. */
  signature: z.string(),
});
export type ErasureReceipt = z.infer<typeof erasureReceipt>;
export type UnsignedReceipt = Omit<ErasureReceipt, 'signature'>;
