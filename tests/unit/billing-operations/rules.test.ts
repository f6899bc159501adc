import { expect, test } from 'vitest';
import { dashboardUrl } from '@/lib/workflows/billing-operations/rules';

test('a customer is shown by the dashboard of its mode, and one of the sandbox by none', () => {
  expect(dashboardUrl('live', 'cus_1')).toBe('https://dashboard.stripe.com/customers/cus_1');
  expect(dashboardUrl('test', 'cus_1')).toBe('https://dashboard.stripe.com/test/customers/cus_1');
  expect(dashboardUrl('sandbox', 'cus_1')).toBeNull();
});
