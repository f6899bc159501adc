import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { keyPlaceholder, sampleJson, sampleTrace } from '@/components/setup/sample-trace';
import { chosen, curlCommand, languages } from '@/components/setup/snippets';
import { traceBody } from '@/lib/trace-ingest/schema';

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

const origin = 'https://acme.ragtoolkit.app';
const apiKey = 'rtk_abc-_0123456789';

/** Every snippet there is, as the blocks that it tells to copy. */
function allSnippets(target: Parameters<typeof curlCommand>[0]) {
  return languages.flatMap((language) =>
    language.frameworks.map((framework) => {
      const blocks = framework.write(target);
      return {
        name: `${language.id} ${framework.id}`,
        blocks,
        text: blocks.map(({ code }) => code).join('\n'),
      };
    }),
  );
}

/** The variables that a shell has after a block. */
function variablesAfter(code: string): Record<string, string> {
  const output = execFileSync('sh', ['-eu', '-c', `${code}\nenv`], {
    encoding: 'utf8',
    env: { NODE_ENV: 'test' },
  });
  return Object.fromEntries(output.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

describe('every snippet', () => {
  test.each(allSnippets({ origin, apiKey }))(
    'of $name holds the address and the key, and nothing to fill in',
    ({ text }) => {
      expect(text).not.toMatch(/YOUR_|<[a-z-]+>|\bTODO\b|\.\.\.|…|undefined|null/);
      expect(text).toContain(origin);
      expect(text).toContain(apiKey);
    },
  );

  test.each(allSnippets({ origin, apiKey: null }))(
    'of $name says where the key belongs while there is none',
    ({ text }) => {
      expect(text).toContain(keyPlaceholder);
    },
  );

  test('of OpenTelemetry sets what exporters read', () => {
    const all = allSnippets({ origin, apiKey: 'rtk_a b%,=' });
    const told = all.filter(({ text }) => text.includes('OTEL_EXPORTER'));
    expect(told.map(({ name }) => name)).toEqual([
      'python opentelemetry',
      'python langchain',
      'python llamaindex',
      'typescript opentelemetry',
      'typescript langchain',
      'typescript vercel-ai',
      'typescript vercel-ai-6',
    ]);
    for (const { blocks } of told) {
      const variables = variablesAfter(blocks[1]?.code ?? '');
      expect(variables).toMatchObject({
        OTEL_EXPORTER_OTLP_ENDPOINT: `${origin}/api/otel`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      });
      const [name, value] = (variables.OTEL_EXPORTER_OTLP_HEADERS ?? '').split('=');
      expect([name, decodeURIComponent(value ?? '')]).toEqual(['Authorization', 'Bearer rtk_a b%,=']);
    }
  });

  test('of JavaScript is a program, and imports only what it tells to install', () => {
    for (const { name, blocks } of allSnippets({ origin, apiKey })) {
      const program = blocks.at(-1);
      if (!program || !/Script$/.test(program.label)) continue;
      expect(() => transformSync(program.code, { loader: 'ts', format: 'esm' }), name).not.toThrow();
      const install = blocks[0]?.code ?? '';
      for (const [, specifier = ''] of program.code.matchAll(/from "([^"]+)"/g)) {
        const parts = specifier.split('/');
        const wanted = specifier.startsWith('.')
          ? 'ragtoolkit.ts'
          : parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
        expect(install.replace(/(\w)@\d+/g, '$1').split(/\s+/), name).toContain(wanted);
      }
    }
  });

  test('sends programs on this machine to an address that they can resolve, and curl to the name', () => {
    for (const { name, text } of allSnippets({ origin: 'http://acme.ragtoolkit.localhost:3000', apiKey })) {
      const programs = text.replace(/^curl.*$/gm, '');
      expect(programs.includes('.localhost'), name).toBe(false);
      if (name !== 'curl http') expect(programs, name).toContain('http://127.0.0.1:3000');
    }
  });
});

describe('chosen', () => {
  test('falls back to the first', () => {
    const names = (language?: string, framework?: string) => {
      const found = chosen(language, framework);
      return [found.language.id, found.framework.id];
    };
    expect(names()).toEqual(['curl', 'http']);
    expect(names('python', 'langchain')).toEqual(['python', 'langchain']);
    expect(names('python', 'vercel-ai')).toEqual(['python', 'requests']);
    expect(names('__proto__', 'x')).toEqual(['curl', 'http']);
  });
});

describe('curlCommand', () => {
  test('hands curl what the API reads', () => {
    const given = argumentsOf(curlCommand({ origin, apiKey: 'rtk_abc-_' }));
    expect(given).toEqual([
      '-X',
      'POST',
      `${origin}/api/v1/traces`,
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
    expect(argumentsOf(curlCommand({ origin, apiKey: null }))).toContain(
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
    const given = argumentsOf(curlCommand({ origin: `http://x/${text}`, apiKey: text }));
    expect(given[2]).toBe(`http://x/${text}/api/v1/traces`);
    expect(given[4]).toBe(`Authorization: Bearer ${text}`);
    expect(given).toHaveLength(9);
  });
});
