import Stripe from 'stripe';
import { makeKey, makeTenant } from '../support/factories';
import { send } from './support';

/** The sandbox that the server has started, found by the address of a page of its. */
export async function openSandbox() {
  const tenant = await makeTenant();
  const { key } = await makeKey(tenant, { scopes: ['admin'] });
  const answer = await send({
    ...{ host: tenant.host, path: '/api/v1/billing/portal', method: 'POST' },
    headers: { authorization: `Bearer ${key}` },
  });
  const { port } = new URL((JSON.parse(answer.text) as { url: string }).url);
  const faults = `http://127.0.0.1:${port}/_sandbox/faults`;
  return {
    stripe: new Stripe('sk_test_of_the_tests', {
      host: '127.0.0.1',
      port: Number(port),
      protocol: 'http',
      telemetry: false,
    }),
    /** Makes something go wrong. It concerns all tests that use the sandbox now: name a path that is this one's own. */
    fault: (fault: Record<string, unknown>) => fetch(faults, { method: 'POST', body: JSON.stringify(fault) }),
    noFaults: () => fetch(faults, { method: 'DELETE' }),
  };
}
