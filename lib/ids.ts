import { randomBytes, randomUUID } from 'node:crypto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A tenant's id that has been checked to be a lower-case UUID, so it may stand as a literal in SQL. */
export type TenantId = string & { readonly __brand: 'TenantId' };

/** A new random id (UUID v4, lower case). */
export function newId(): string {
  return randomUUID();
}

const REQUEST_BYTES = 8;
let drawn = Buffer.alloc(0);
let used = 0;

/** An id for one request, short enough to be read out on the phone: 64 random bits as `req_` and 16 hex digits. */
export function newRequestId(): string {
  // Drawn many at a time: asking the system for eight bytes costs more than the rest of an id.
  if (used === drawn.length) {
    drawn = randomBytes(256 * REQUEST_BYTES);
    used = 0;
  }
  const start = used;
  used += REQUEST_BYTES;
  return `req_${drawn.toString('hex', start, used)}`;
}

/** Whether a string is a UUID in lower case, as we make and store them. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}

/** Checks that a string is a tenant id. Throws a TypeError otherwise: it is about to be written into SQL. */
export function toTenantId(value: string): TenantId {
  if (!UUID.test(value)) throw new TypeError('Not a tenant id');
  return value as TenantId;
}

/** The schema that holds a tenant's partitions: `t_` and the id in hex. Never the slug: a slug can change. */
export function tenantSchemaName(tenantId: TenantId): string {
  return `t_${tenantId.replaceAll('-', '')}`;
}
