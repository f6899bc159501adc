import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { run } from '@/demo/cli';
import { readOptions } from '@/demo/options';

const defaults = { url: 'http://acme-corp.ragtoolkit.localhost:3000', key: 'rtk_demo_key_0123456789' };

describe('readOptions', () => {
  test('needs nothing when npm start has made the demo', () => {
    expect(readOptions([], {}, defaults)).toMatchObject({ count: 60, concurrency: 4, key: defaults.key });
  });

  test('lets arguments go before variables, and variables before defaults', () => {
    const env = { RAGTOOLKIT_URL: 'https://a.example', RAGTOOLKIT_KEY: 'rtk_env' };
    expect(readOptions([], env, defaults)).toMatchObject({
      key: 'rtk_env',
      url: new URL('https://a.example'),
    });
    expect(readOptions(['--key', 'rtk_arg', '--count', '5'], env, defaults)).toMatchObject({
      key: 'rtk_arg',
      count: 5,
    });
  });

  test('keeps the demo key from hosts that are not ours', () => {
    expect(() => readOptions(['--url', 'https://else.example'], {}, defaults)).toThrow(
      'no API key for else.example',
    );
    expect(readOptions(['--url', 'http://x.ragtoolkit.localhost:9'], {}, defaults)?.key).toBe(defaults.key);
  });

  test.each([
    [['--count', '0'], '--count is "0"'],
    [['--concurrency', 'x'], '--concurrency is "x"'],
    [['--url', 'acme'], '"acme" is no address'],
    [['--cuont', '3'], 'Unknown option'],
    [['--key', 'rtk ü'], 'characters that no key has'],
  ])('says in one line what is wrong with %j', (args, message) => {
    expect(() => readOptions(args, {}, defaults)).toThrow(message);
  });
});

type Batch = { traces: { trace_id: string; model_output?: string }[] };
type Handler = (body: Batch, request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  vi.restoreAllMocks();
});

/** A server on a free port that is healthy and lets the handler answer traces. */
async function serve(handler: Handler): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const bytes = Buffer.concat(parts);
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      if (request.url === '/health') response.end('{"status":"healthy"}');
      else handler(JSON.parse(text.toString()), request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://acme.ragtoolkit.localhost:${(server.address() as AddressInfo).port}`;
}

async function demo(url: string, env: Record<string, string> = {}) {
  const lines: string[] = [];
  const errors = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const code = await run({
    args: ['--count', '8', '--seed', '1', '--url', url, '--key', 'rtk_0123456789abcdef'],
    env,
    defaults,
    corpusFolder: path.resolve('demo/corpus'),
    terminal: {
      live: false,
      say: (line) => lines.push(line),
      step: (_name, work) => work({ update() {} }),
    },
  });
  return { code, output: lines.join('\n'), errors: errors.mock.calls.map(([text]) => String(text)).join('') };
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function storeAll({ traces }: Batch, response: ServerResponse) {
  answer(response, 201, { accepted: traces.map(({ trace_id }) => trace_id), rejected: [] });
}

describe('npm run demo', () => {
  test('sends to a name below .localhost with its Host header, and ends with a link', async () => {
    const hosts = new Set<string | undefined>();
    const url = await serve((batch, request, response) => {
      hosts.add(`${request.headers.host} ${request.headers.authorization}`);
      storeAll(batch, response);
    });
    const { code, output } = await demo(url);
    expect(code).toBe(0);
    expect([...hosts]).toEqual([`${new URL(url).host} Bearer rtk_0123456789abcdef`]);
    expect(output).toMatch(/all +8 +0/);
    expect(output.trimEnd().endsWith(`${url}/traces`)).toBe(true);
  });

  test('tries again when the server is busy or the connection breaks', async () => {
    let requests = 0;
    const url = await serve((batch, _request, response) => {
      requests += 1;
      if (requests === 1) answer(response, 429, {}, { 'retry-after': '0' });
      else if (requests === 2) answer(response, 503, {});
      else if (requests === 3) response.destroy();
      else storeAll(batch, response);
    });
    expect((await demo(url)).code).toBe(0);
    expect(requests).toBe(4);
  });

  test('lists what was refused, with the reason, and exits with 1', async () => {
    const issues = [{ path: 'project', message: 'too long' }];
    const url = await serve(({ traces }, _request, response) => {
      const [one, two, ...rest] = traces.map(({ trace_id }, index) => ({ index, trace_id, issues }));
      answer(response, 207, { accepted: rest.map(({ trace_id }) => trace_id), rejected: [one, two] });
    });
    const { code, output } = await demo(url);
    expect(code).toBe(1);
    expect(output).toContain('2 × The server refused it. project: too long');
  });

  test.each([
    [401, 'The API key rtk_0123… was refused.'],
    [404, 'no such workspace, or another one'],
    [403, 'takes no traces with this key'],
  ])('stops at a %i with one clear line', async (status, message) => {
    let requests = 0;
    const url = await serve((_body, _request, response) => {
      requests += 1;
      answer(response, status, { error: { message: 'No.' } });
    });
    const { code, errors } = await demo(url);
    expect([code, requests]).toEqual([1, 1]);
    expect(errors).toContain(message);
    expect(errors.trimEnd()).not.toContain('\n');
  });

  test('says when nothing answers, or something else does', async () => {
    expect((await demo('http://acme.ragtoolkit.localhost:9')).errors).toContain('Nothing answers at');
    const other = createServer((_request, response) => response.end('<h1>hello</h1>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closers.push(() => other.close());
    const { errors } = await demo(`http://127.0.0.1:${(other.address() as AddressInfo).port}`);
    expect(errors).toContain('does not answer like RAG Toolkit');
  });

  test('lets a language model answer, and says so when it fails', async () => {
    const answers: (string | undefined)[] = [];
    let asked = 0;
    const url = await serve((body, request, response) => {
      if (request.url?.endsWith('/chat/completions')) {
        asked += 1;
        if (asked > 1) answer(response, 401, { error: { message: 'wrong key' } });
        else answer(response, 200, { model: 'm-1', choices: [{ message: { content: 'By a model.' } }] });
        return;
      }
      answers.push(...body.traces.map(({ model_output }) => model_output));
      storeAll(body, response);
    });
    const model = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `http://127.0.0.1:${new URL(url).port}/v1` };
    const { code, output } = await demo(url, model);
    expect(code).toBe(0);
    expect(answers.some((text) => text?.startsWith('By a model.'))).toBe(true);
    expect(output).toContain('401 wrong key');
    expect(output).not.toContain('sk-test');
  });
});
