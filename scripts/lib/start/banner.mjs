import { randomUUID } from 'node:crypto';

/**
 * What to do next, for whoever has just started it.
 * @param {{ scheme: string, rootDomain: string, demo: import('./demo.mjs').Demo | undefined, hasSandbox: boolean,
 *   bold: (text: string) => string }} options
 */
export function banner({ scheme, rootDomain, demo, hasSandbox, bold }) {
  const at = (/** @type {string} */ name) => `${scheme}://${name}.${rootDomain}`;
  const lines = ['', `  ${bold('RAG Toolkit Cloud runs. Press Ctrl-C to stop it.')}`, ''];
  const tenant = demo?.apiKeyTenant ?? 'acme-corp';
  lines.push(
    ...table([
      ['Sign in, sign up', at('cloud')],
      ...(demo ? [['A demo workspace', at(tenant)]] : []),
      ['For operators', `${at('cloud')}/admin`],
      ...(hasSandbox
        ? [['Payments', 'Stripe is played by a sandbox: card 4242 4242 4242 4242, no real money moves']]
        : []),
    ]),
  );
  if (demo) {
    const people = demo.people.map((one) => [one.email, one.password, one.role, one.tenant || '–']);
    lines.push('', ...table([['E-mail', 'Password', 'Role', 'Workspace'], ...people], bold));
    lines.push('', `  ${bold(`API key of ${tenant}`)}  ${demo.apiKey}`);
    lines.push(
      '',
      `  ${bold('Send a trace')} (paste this into another terminal):`,
      '',
      exampleCall(at(tenant), demo.apiKey),
    );
  }
  return `${lines.join('\n')}\n`;
}

/**
 * One line that works when pasted. No apostrophe may be in it: the body stands between them.
 * @param {string} origin
 * @param {string} key
 */
function exampleCall(origin, key) {
  const body = {
    trace_id: randomUUID(),
    user_input: 'How long do I have to return an item?',
    retrieved_chunks: [
      { text: 'Items can be returned within 30 days of delivery.', source: 'returns.md', score: 0.92 },
    ],
    model_output: 'You can return an item within 30 days of delivery.',
  };
  return (
    `curl -sS -X POST ${origin}/api/v1/traces -H 'Authorization: Bearer ${key}' ` +
    `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`
  );
}

/**
 * @param {string[][]} rows
 * @param {(text: string) => string} [heading] how the first row is shown, where it is one
 */
function table(rows, heading) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row, index) => {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    return `  ${heading && index === 0 ? heading(line) : line}`.trimEnd();
  });
}
