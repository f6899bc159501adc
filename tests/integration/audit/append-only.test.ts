import { afterAll, beforeAll, expect, test } from 'vitest';
import { loginUrl } from '@/db/logins';
import { connect } from '@/tests/support/databases';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { sqlState, sqlStateOf } from '@/tests/support/postgres-errors';

const app = connect(loginUrl('app'));
const platform = connect(loginUrl('platform'));
let tenant: TestTenant;

beforeAll(async () => {
  tenant = await makeTenant();
});
afterAll(() => Promise.all([app.end(), platform.end()]));

const attempts = [
  `update audit_log set after = '{}'`,
  `update audit_log set at = now() where tenant_id = '{tenant}'`,
  `update audit_log set actor_email = 'eve@example.com'`,
  'delete from audit_log',
  `delete from audit_log where tenant_id = '{tenant}'`,
  'truncate audit_log',
  `merge into audit_log a using (select 1) s on a.tenant_id = '{tenant}' when matched then delete`,
  `insert into audit_log (tenant_id, actor_kind, action, target_kind, target_id)
    values ('{tenant}', 'system', 'x.y', 'x', 'x') on conflict (tenant_id, id) do update set action = 'x.y'`,
  `with gone as (delete from audit_log returning *) select count(*) from gone`,
  'select * from audit_log for update',
  'drop table audit_log',
  'alter table audit_log disable row level security',
  'alter table audit_log disable trigger all',
  'alter table audit_log owner to current_user',
  'create rule quiet as on insert to audit_log do instead nothing',
  'create trigger quiet before insert on audit_log for each row execute function suppress_redundant_updates_trigger()',
  'grant delete on audit_log to current_user',
  `alter sequence audit_log_id_seq restart`,
];

for (const [login, sql] of [
  ['app', app],
  ['platform', platform],
] as const) {
  test.each(attempts)(`the ${login} login may not %s`, async (statement) => {
    const run = sql.begin(async (tx) => {
      await tx.unsafe(`SET LOCAL app.tenant_id = '${tenant.id}'; SET LOCAL search_path = public`);
      await tx.unsafe(statement.replaceAll('{tenant}', tenant.id));
    });
    // A grant of what one does not have is a warning, and no right: that is asked below.
    if (statement.startsWith('grant')) await run.catch(() => {});
    else expect(await sqlStateOf(run)).toBe(sqlState.insufficientPrivilege);
    const [{ may } = { may: true }] = await sql<{ may: boolean }[]>`
      select has_table_privilege('public.audit_log', 'UPDATE, DELETE, TRUNCATE, TRIGGER') as may`;
    expect(may).toBe(false);
  });
}
