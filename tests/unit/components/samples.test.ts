import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { typescriptSample } from '@/components/traces/client-samples';
import { curlCommand, keyPlaceholder, sampleJson, sampleTrace } from '@/components/traces/curl-command';
import { traceBody } from '@/lib/traces/schema';

const folder = mkdtempSync(path.join(os.tmpdir(), 'curl-'));
afterAll(() => rmSync(folder, { recursive: true }));

// A curl that writes down its arguments, each ended by NUL.
writeFileSync(path.join(folder, 'curl'), '#!/bin/sh\nprintf "%s\\0" "$@" > "$ARGUMENTS"\n');
chmodSync(path.join(folder, 'curl'), 0o755);

/** What curl is given when the command is pasted into sh. */
function argumentsOf(command: string): string[] {
  const file = path.join(folder, 'arguments');
  const PATH = `${folder}:${process.env.PATH}`;
  execFileSync('sh', ['-eu', '-c', command], { env: { ...process.env, PATH, ARGUMENTS: file } });
  return readFileSync(file, 'utf8').split('\0').slice(0, -1);
}

describe('curlCommand', () => {
  const url = 'http://acme.ragtoolkit.localhost:3000/api/v1/traces';

  test('hands curl what the API reads', () => {
    const given = argumentsOf(curlCommand({ url, apiKey: 'rtk_abc-_' }));
    expect(given).toEqual([
      '-X',
      'POST',
      url,
      '-H',
      'Authorization: Bearer rtk_abc-_',
      '-H',
      'Content-Type: application/json',
      '-d',
      sampleJson(),
    ]);
    expect(JSON.parse(given.at(-1) ?? '')).toEqual(sampleTrace);
    expect(traceBody.safeParse(JSON.parse(given.at(-1) ?? '')).success).toBe(true);
  });

  test('leaves a placeholder where there is no key', () => {
    expect(argumentsOf(curlCommand({ url, apiKey: null }))).toContain(
      `Authorization: Bearer ${keyPlaceholder}`,
    );
  });

  test.each([
    "it's",
    '$(touch x)',
    '`id`',
    '$HOME',
    'a"b',
    'a\\b',
    'a b',
    "'; exit 1; '",
    '!history',
    '-v',
    'ä€😀',
    '*',
  ])('survives the shell with %s in the address and the key', (text) => {
    const given = argumentsOf(curlCommand({ url: `http://x/${text}`, apiKey: text }));
    expect(given[2]).toBe(`http://x/${text}`);
    expect(given[4]).toBe(`Authorization: Bearer ${text}`);
    expect(given).toHaveLength(9);
  });
});

describe('typescriptSample', () => {
  test('sends the same trace', async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response('{}', { status: 201 }));
    const AsyncFunction = (async () => {}).constructor as new (
      ...text: string[]
    ) => (...values: unknown[]) => Promise<void>;
    const run = new AsyncFunction('fetch', 'console', typescriptSample({ url: 'http://x/"', apiKey: 'k"' }));
    await run(fetch, { log: () => {} });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe('http://x/"');
    expect(init?.headers).toMatchObject({ Authorization: 'Bearer k"' });
    expect(JSON.parse(String(init?.body))).toEqual(sampleTrace);
  });
});
