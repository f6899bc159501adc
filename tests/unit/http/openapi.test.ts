import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentedRoutes } from '@/app/api/v1/openapi.json/routes';
import { toOpenApi } from '@/lib/http/openapi';

const root = path.resolve(import.meta.dirname, '../../..');

type Document = { paths: Record<string, Record<string, { operationId: string }>> };
const document = toOpenApi(documentedRoutes, { version: '0.0.0' }) as Document;
const handlers = documentedRoutes
  .flatMap((route) => Object.values(route))
  .filter((handler) => handler !== undefined);

describe('the OpenAPI document', () => {
  test('is what docs/openapi.json says: a change of the contract is seen in review', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(
      path.join(root, 'docs/openapi.json'),
    );
  });

  test('describes every route file of the API', () => {
    const files = readdirSync(path.join(root, 'app/api'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('route.ts'))
      .map((file) => `/api/${path.posix.dirname(file)}`.replace(/\[(\w+)\]/g, '{$1}'));
    const left = files.filter((route) => !(route in document.paths));
    // The catch-all, next-auth's own protocol, and the document itself.
    expect(left.sort()).toEqual(['/api/[...path]', '/api/auth/[...nextauth]', '/api/v1/openapi.json']);
  });

  test('gives each operation a name of its own', () => {
    const names = Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('postApiV1Traces');
  });

  test('shows an example for every body, and each example is valid', () => {
    const withBody = handlers.filter(({ contract }) => contract.body);
    expect(withBody.length).toBeGreaterThan(0);
    for (const { contract } of withBody)
      expect(contract.body?.safeParse(contract.example).success, contract.route).toBe(true);
  });

  test('keeps its references', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(references.length).toBeGreaterThan(0);
    for (const reference of new Set(references)) {
      const target = reference
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
      expect(target, reference).toBeDefined();
    }
  });
});
