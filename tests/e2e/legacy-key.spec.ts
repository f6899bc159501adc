import { makeTenant } from '../support/factories';
import { enterAs, expect, legacyKey, rootDomain, send, test, url } from './support';
import { closeWorlds, database } from './worlds';

test.afterAll(closeWorlds);

test('the predecessor’s key opens the workspace default, whose console says how to do without it', async ({
  page,
}) => {
  const post = (host: string, headers: Record<string, string>) =>
    send({
      host,
      path: '/api/v1/traces',
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ trace_id: 'from-the-old-client', user_input: 'Still there?' }),
    });
  const bearer = { authorization: `Bearer ${legacyKey}` };

  // Its first uses, all at once and on different hosts, make one workspace.
  const hosts = [rootDomain, `cloud.${rootDomain}`, `default.${rootDomain}`, '10.0.0.1:8000'];
  const firsts = await Promise.all([...hosts, ...hosts].map((host) => post(host, bearer)));
  expect(firsts.map(({ status }) => status)).toEqual(firsts.map(() => 201));
  const made = await database<{ id: string }[]>`select id from public.tenants where slug = 'default'`;
  expect(made).toHaveLength(1);
  const [audit] = await database`
    select count(*)::int as rows, min(actor_id) as actor from public.audit_log
    where tenant_id = ${made[0]?.id ?? ''} and action = 'tenant.create'`;
  expect(audit).toEqual({ rows: 1, actor: 'legacy-key' });
  expect((await post(`acme-corp.${rootDomain}`, bearer)).status).toBe(404);
  expect((await post(rootDomain, { authorization: `Bearer ${legacyKey}x` })).status).toBe(401);

  // What the SDKs read without a key.
  for (const [path, body] of [
    ['/health', { status: 'healthy', version: expect.any(String) }],
    ['/api/config', { api_url: `http://${rootDomain}`, project: 'default', version: expect.any(String) }],
  ] as const) {
    const answer = await send({ host: rootDomain, path });
    expect(answer.status, path).toBe(200);
    expect(JSON.parse(answer.text), path).toMatchObject(body);
  }

  const { admin } = await makeTenant();
  await database`insert into public.memberships (tenant_id, user_id, role)
    values (${made[0]?.id ?? ''}, ${admin.userId}, 'admin')`;
  await enterAs(page, admin);
  const notice = page.getByRole('note').filter({ hasText: 'RAGTOOLKIT_API_KEY' });
  await expect(async () => {
    await page.goto(url('default', '/overview'));
    await expect(notice).toContainText(/last used (just now|\d+ minutes? ago) from/, { timeout: 3_000 });
  }).toPass();
  await notice.getByRole('link', { name: 'Create a key' }).click();
  await expect(page).toHaveURL(url('default', '/settings/api-keys'));
  await expect(notice).toBeVisible();
  await expect(page.getByRole('row', { name: /RAGTOOLKIT_API_KEY/ })).toHaveCount(0);

  // No other workspace is told of it.
  const [own] = await database<{ slug: string }[]>`
    select slug from public.tenants t join public.memberships m on m.tenant_id = t.id
    where m.user_id = ${admin.userId} and slug <> 'default'`;
  await page.goto(url(own?.slug ?? '', '/settings/api-keys'));
  await expect(page.getByRole('heading', { name: 'API keys' })).toBeVisible();
  await expect(notice).toHaveCount(0);
});
