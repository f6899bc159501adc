import { describe, expect, test } from 'vitest';
import { findCycles, forbiddenArrow, isSandbox } from './arrows';
import { importsOf, readSources } from './source';

const sources = readSources();
const inFolder = (prefix: string) => sources.filter(({ file }) => file.startsWith(prefix));

describe('imports', () => {
  test('point one way', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports.flatMap((to) => {
        const reason = forbiddenArrow(path, to);
        return reason ? [`${path} → ${to}: ${reason}`] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('have no cycles', () => {
    expect(findCycles(sources)).toEqual([]);
  });

  test('never go through a barrel', () => {
    expect(sources.filter(({ file }) => /(^|\/)index\.tsx?$/.test(file)).map(({ file }) => file)).toEqual([]);
  });

  test.each([
    ['app/cloud/page', 'db/client'],
    ['components/traces/trace-list', 'lib/traces/queries'],
    ['components/traces/trace-list', 'lib/env'],
    ['lib/auth/sessions', 'lib/members/queries'],
    ['lib/http/endpoint', 'db/client'],
    ['lib/otlp/assemble', 'db/client'],
    ['lib/otlp/assemble', 'lib/traces/rules'],
    ['lib/traces/mutations', 'lib/spans/mutations'],
    ['lib/traces/queries', 'lib/workflows/sign-up/mutations'],
    ['lib/tenants/queries', 'lib/traces/queries'],
    ['db/tenant', 'lib/tenancy/context'],
    ['lib/traces/queries', 'components/ui/button'],
    ['lib/traces/queries', 'app/layout'],
    ['lib/sdk/client', 'lib/ids'],
    ['lib/traces/mutations', 'lib/sdk/types'],
    ['components/setup/setup-view', 'lib/sdk/client'],
    ['app/t/[tenant]/page', 'lib/sdk/client'],
    ['lib/billing/sandbox/server', 'lib/billing/rules'],
    ['lib/billing/sandbox/server', 'lib/log'],
    ['lib/billing/sandbox/store', 'db/client'],
    ['lib/billing/mutations', 'lib/billing/sandbox/server'],
    ['app/api/health/route', 'lib/billing/sandbox/server'],
  ])('of %s may not be %s', (from, to) => {
    expect(forbiddenArrow(from, to)).not.toBeNull();
  });

  test('are read from static, dynamic and re-exporting statements', () => {
    const text = `import a from '@/lib/a';\nexport { b } from './b';\nconst c = await import('@/lib/c');\nimport type { D } from '../d';\nimport './e.css';`;
    expect(importsOf(text, 'lib/x/file.ts')).toEqual(['lib/a', 'lib/x/b', 'lib/c', 'lib/d', 'lib/x/e.css']);
  });

  test('that go round in a circle are found', () => {
    const files = [
      { path: 'a', imports: ['b'] },
      { path: 'b', imports: ['c'] },
      { path: 'c', imports: ['a'] },
    ];
    expect(findCycles(files)).toEqual([['a', 'b', 'c', 'a']]);
  });
});

describe('files', () => {
  test('of a domain have one of the five roles', () => {
    const roles =
      /^lib\/(tenants|members|api-keys|traces|spans|deliveries|evaluations|feedback|stats|metering|billing(?:-[a-z]+)?|platform|workflows\/[\w-]+)\/(schema|queries|mutations|actions|rules)\.ts$/;
    const inDomains = sources.filter(
      ({ file }) =>
        !isSandbox(file) &&
        /^lib\/(tenants|members|api-keys|traces|spans|deliveries|evaluations|feedback|stats|metering|billing(?:-[a-z]+)?|platform|workflows)\//.test(
          file,
        ),
    );
    expect(inDomains.length).toBeGreaterThan(10);
    expect(inDomains.filter(({ file }) => !roles.test(file)).map(({ file }) => file)).toEqual([]);
  });

  test('read the environment in lib/env.ts alone', () => {
    const readers = sources.filter(({ text }) => text.includes('process.env')).map(({ file }) => file);
    // Next sets NEXT_RUNTIME while it compiles: the check is what keeps Node code out of another runtime's bundle.
    expect(readers.sort()).toEqual(['instrumentation.ts', 'lib/env.ts']);
  });

  test('carry a doc comment over each exported function of lib and db', () => {
    const bare = [...inFolder('lib/'), ...inFolder('db/')].flatMap(({ file, text }) =>
      [...text.matchAll(/(?:^|\n)([^\n]*)\nexport (?:async )?function (\w+)/g)]
        .filter(([, above]) => !above?.trim().endsWith('*/'))
        .map((match) => `${file}: ${match[2]}`),
    );
    expect(bare).toEqual([]);
  });
});

describe('gates', () => {
  test('stand in every route of the API', () => {
    const routes = sources.filter(({ file }) => /\/route\.ts$/.test(file) && !file.includes('api/auth/'));
    expect(routes.length).toBeGreaterThan(3);
    const open = routes.filter(
      ({ text }) =>
        [...text.matchAll(/export const (\w+) = (\w+)/g)].some(
          ([, , maker]) =>
            ![
              ...['endpoint', 'publicEndpoint', 'streamEndpoint', 'otlpEndpoint', 'preflight'],
              ...[
                'operatorEndpoint',
                'operatorStreamEndpoint',
                'webhookEndpoint',
                'textEndpoint',
                'cronEndpoint',
              ],
            ].includes(maker ?? ''),
        ) || /export (async )?function/.test(text),
    );
    expect(open.map(({ file }) => file)).toEqual([]);
  });

  test('stand in every page of the console itself, not only in its layout', () => {
    const pages = inFolder('app/t/[tenant]/(console)/').filter(({ file }) => file.endsWith('/page.tsx'));
    expect(pages.length).toBeGreaterThan(1);
    expect(
      pages
        .filter(({ text }) => !/await requireTenant\(params, '[\w-]+:[\w-]+'\)/.test(text))
        .map(({ file }) => file),
    ).toEqual([]);
  });

  test('stand in every page of the operator’s console itself, and in every route below its path', () => {
    const pages = inFolder('app/admin/').filter(({ file }) => file.endsWith('/page.tsx'));
    expect(pages.length).toBeGreaterThan(1);
    expect(
      pages.filter(({ text }) => !/await requireOperator\(\)/.test(text)).map(({ file }) => file),
    ).toEqual([]);
    const routes = inFolder('app/api/v1/admin/').filter(({ file }) => file.endsWith('/route.ts'));
    const open = routes.filter(({ text }) =>
      [...text.matchAll(/export const \w+ = (\w+)/g)].some(
        ([, maker]) => !/^operator(Stream)?Endpoint$/.test(maker ?? ''),
      ),
    );
    expect(open.map(({ file }) => file)).toEqual([]);
  });

  test('stand in every server action', () => {
    const files = sources.filter(({ text }) => /^'use server';/m.test(text));
    expect(files.length).toBeGreaterThan(1);
    const open = files.flatMap(({ file, text }) =>
      [...text.matchAll(/export (?:const (\w+) = (\w+)|(async function|function|default)[^\n]*)/g)]
        .filter(([, , maker]) => !['action', 'publicAction', 'operatorAction'].includes(maker ?? ''))
        .map((match) => `${file}: ${match[0]}`),
    );
    expect(open).toEqual([]);
  });

  test('begin every verb that takes a tenant’s context first', () => {
    const verbs = [...inFolder('lib/')].filter(({ file }) => /\/(queries|mutations)\.ts$/.test(file));
    const open = verbs.flatMap(({ file, text }) =>
      [...text.matchAll(/export async function (\w+)\(\s*ctx: TenantContext[\s\S]*?\{\n([^\n]*)/g)]
        .filter(([, , first]) => !first?.trim().startsWith('authorize(ctx, '))
        .map((match) => `${file}: ${match[1]}`),
    );
    expect(open).toEqual([]);
  });

  test('begin every verb that takes an operator’s context first', () => {
    const verbs = [...inFolder('lib/')].filter(({ file }) => /\/(queries|mutations)\.ts$/.test(file));
    const open = verbs.flatMap(({ file, text }) =>
      [...text.matchAll(/export (?:async )?function (\w+)\(\s*ctx: OperatorContext[\s\S]*?\{\n([^\n]*)/g)]
        .filter(([, , first]) => !first?.trim().startsWith('authorizeOperator(ctx)'))
        .map((match) => `${file}: ${match[1]}`),
    );
    expect(open).toEqual([]);
  });
});
