import { describe, expect, test } from 'vitest';
import { isUuid, newId, newRequestId, tenantSchemaName, toTenantId } from '@/lib/ids';

describe('toTenantId', () => {
  test('lets a lower-case UUID through', () => {
    const id = newId();
    expect(toTenantId(id)).toBe(id);
    expect(tenantSchemaName(toTenantId(id))).toMatch(/^t_[0-9a-f]{32}$/);
  });

  test.each([
    '',
    'acme',
    "a0000000-0000-4000-8000-000000000000'; drop table traces; --",
    'a0000000-0000-4000-8000-000000000000\n',
    ' a0000000-0000-4000-8000-000000000000',
    'A0000000-0000-4000-8000-000000000000',
    'a000000000004000800000000000000',
    '{a0000000-0000-4000-8000-000000000000}',
    'g0000000-0000-4000-8000-000000000000',
  ])('throws for %j, which is about to be written into SQL', (value) => {
    expect(() => toTenantId(value)).toThrow(TypeError);
    expect(isUuid(value)).toBe(false);
  });
});

describe('newRequestId', () => {
  test('never makes the same twice', () => {
    const ids = Array.from({ length: 1000 }, newRequestId);
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{16}$/);
  });
});
