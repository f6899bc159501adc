'use server';

import { empty, testInvoice } from '@/lib/billing/schema';
import { action } from '@/lib/http/action';
import * as mutations from './mutations';

/** Makes an invoice for the current period, to see one. */
export const makeTestInvoice = action(
  {
    name: 'billing.make_test_invoice',
    limit: 'caller',
    permission: 'billing:manage',
    input: empty,
    output: testInvoice,
  },
  mutations.makeTestInvoice,
);
