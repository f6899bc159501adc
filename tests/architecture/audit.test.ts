import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { auditActions, auditResources, platformActions } from '@/lib/audit/actions';
import { readSources } from './source';

const root = path.resolve(import.meta.dirname, '../..');

/** Tables whose every change is written to the audit log: people in a workspace, its keys, and the workspace itself. */
const audited = {
  tenants: 'tenants',
  memberships: 'memberships',
  apiKeys: 'api_keys',
  invitations: 'invitations',
} as const;

/** Columns that say when something was last used, which changes nothing for anybody. */
const traces = /\.set\(\{\s*(?:last(?:UsedAt|UsedIp|ActiveAt)\b[^}]*)\}\)/;

/** Functions that write to these tables without an audit row, and why. */
const exceptions: Record<string, string> = {
  'lib/auth/key-uses.ts#drain': 'notes when keys were last used',
  'lib/auth/sessions.ts#noteUse': 'notes when people were last here',
  'lib/auth/legacy-key.ts#recordLegacyKey':
    'the row that stands for the key of the environment, which nobody has made here',
  'lib/workflows/invitations/mutations.ts#send':
    'a part of inviting and of sending again, each of which writes its row',
  'lib/workflows/isolation-canary/mutations.ts#withCanaryKey':
    'a key of the canary, which is nobody’s workspace, for the moment of a check',
  'db/import.ts#discard':
    'takes away what a killed import has left: nobody has been in it, and its log goes too',
  'lib/workflows/erasure/mutations.ts#finishErasure':
    'the audit log is erased with the workspace: the signed receipt takes its place',
};

type Writer = { name: string; text: string };

/** The functions of lib and db that write to an audited table, through Drizzle or in SQL. */
function findWriters(sources: readonly { file: string; text: string }[]): Writer[] {
  const names = Object.keys(audited).join('|');
  const tables = Object.values(audited).join('|');
  const write = new RegExp(
    `\\.(?:insert|update|delete)\\(\\s*(?:${names})\\s*,?\\s*\\)|\\b(?:insert into|update|delete from)\\s+(?:public\\.)?(?:${tables})\\b`,
    'i',
  );
  return sources
    .filter(({ file }) => /^(lib|db)\//.test(file) && !file.startsWith('db/schema/'))
    .flatMap(({ file, text }) =>
      text
        .split(/^(?=(?:export )?(?:async )?function |(?:export )?const \w+ = (?:async )?\()/m)
        .filter((part) => write.test(withoutComments(part)))
        .map((part) => ({ name: `${file}#${/(?:function|const) (\w+)/.exec(part)?.[1]}`, text: part })),
    );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
}

describe('the audit log', () => {
  const sources = readSources();
  const writers = findWriters(sources);

  test('is written by every function that changes people, keys or the workspace', () => {
    expect(writers.length).toBeGreaterThan(8);
    const silent = writers.filter(({ text }) => !/\bemit\w*\(/.test(text) && !traces.test(text));
    expect(silent.map(({ name }) => name).sort()).toEqual(Object.keys(exceptions).sort());
  });

  test('finds a writer that is silent', () => {
    const text = [
      'export async function quiet(db) {\n  await db\n    .update(\n      memberships,\n    )\n    .set({ role });\n}',
      'function sql(db) {\n  return db.execute(sql`delete from api_keys`);\n}',
      'export async function loud(db) {\n  await db.insert(tenants).values({});\n  await emit(db);\n}',
    ].join('\n');
    const found = findWriters([{ file: 'lib/x.ts', text }]);
    expect(found.map(({ name }) => name)).toEqual(['lib/x.ts#quiet', 'lib/x.ts#sql', 'lib/x.ts#loud']);
    expect(found.filter((one) => !/\bemit\w*\(/.test(one.text))).toHaveLength(2);
  });

  const actions = [...Object.keys(auditActions), ...Object.keys(platformActions)];

  test('has no action in its table that nothing writes', () => {
    const text = sources
      .filter(({ file }) => file !== 'lib/audit/actions.ts')
      .map((source) => source.text)
      .join('\n');
    expect(actions.filter((action) => !text.includes(`'${action}'`))).toEqual([]);
  });

  test('has no action that no test shows', () => {
    const tests = ['tests/integration', 'tests/e2e']
      .flatMap((folder) =>
        readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map(
          (file) => `${folder}/${file}`,
        ),
      )
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(path.join(root, file), 'utf8'))
      .join('\n');
    expect(actions.filter((action) => !tests.includes(`'${action}'`))).toEqual([]);
  });

  test('has no heading without actions', () => {
    const unused = Object.keys(auditResources).filter(
      (resource) => !actions.some((action) => action.startsWith(`${resource}.`)),
    );
    expect(unused).toEqual([]);
  });
});
