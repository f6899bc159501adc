import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { internalHeaders } from '@/lib/gateway/headers';
import { createSanitizer } from '@/lib/gateway/sanitize';

const nobody: ReadonlySet<string> = new Set();

/** A request as Node hands it to a listener: names in lower case, and the raw list beside them. */
function incoming(headers: Record<string, string | string[]>, peer = '203.0.113.9'): IncomingMessage {
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => [name, one]),
  );
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value[0] : value,
    ]),
  );
  return { headers: lower, rawHeaders, socket: { remoteAddress: peer } } as unknown as IncomingMessage;
}

const direct = createSanitizer({ scheme: 'https', trustedProxies: nobody });

describe('sanitize', () => {
  test('sets what this server saw itself', () => {
    const request = incoming({ Host: 'Acme.ragtoolkit.app' });
    expect(direct(request, 'req_1')).toBe(true);
    expect(request.headers).toMatchObject({
      host: 'acme.ragtoolkit.app',
      'x-forwarded-host': 'acme.ragtoolkit.app',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.9',
      'x-request-id': 'req_1',
    });
  });

  const forged = {
    'X-Forwarded-Host': 'victim.ragtoolkit.app',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-For': '10.0.0.1',
    'X-Forwarded-Port': '8080',
    'X-Forwarded-Prefix': '/x',
    'X-Forwarded-Server': 'victim',
    Forwarded: 'host=victim.ragtoolkit.app;proto=http',
    'X-Real-IP': '10.0.0.1',
    'X-Request-Id': 'forged',
    'X-Middleware-Rewrite': '/t/victim',
    'X-Middleware-Subrequest': 'middleware:middleware:middleware',
    'X-Nextjs-Data': '1',
    'X-RagToolkit-Path': '/forged',
    'X-RagToolkit-Loopback': 'forged',
    'X-RagToolkit-Tenant': 'victim',
    'X-Nonce': 'forged',
    'Content-Security-Policy': "script-src 'nonce-forged'",
    'Content-Security-Policy-Report-Only': 'forged',
  };

  test('drops every header in which a client claims what only a proxy or we may say', () => {
    const plain = incoming({ Host: 'acme.ragtoolkit.app' });
    const claiming = incoming({ Host: 'acme.ragtoolkit.app', ...forged });
    expect(direct(plain, 'req_1')).toBe(true);
    expect(direct(claiming, 'req_1')).toBe(true);
    expect(claiming.headers).toEqual(plain.headers);
  });

  test('believes nobody on this machine without the secret', () => {
    for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const request = incoming({ Host: 'localhost', ...forged }, peer);
      expect(direct(request, 'req_1')).toBe(true);
      expect(request.headers).toMatchObject({
        host: 'localhost',
        'x-forwarded-host': 'localhost',
        'x-forwarded-proto': 'https',
        'x-forwarded-for': peer,
      });
    }
  });

  test('keeps what concerns nobody but the application', () => {
    const own = {
      authorization: 'Bearer rtk_x',
      cookie: 'a=b',
      origin: 'https://acme.ragtoolkit.app',
      'content-type': 'application/json',
      'next-action': 'abc',
      'x-api-key': 'rtk_x',
    };
    const request = incoming({ Host: 'acme.ragtoolkit.app', ...own });
    direct(request, 'req_1');
    expect(request.headers).toMatchObject(own);
  });

  test.each([
    undefined,
    '',
    'acme.ragtoolkit.app/',
    'acme.ragtoolkit.app@evil.example',
    'acme ragtoolkit.app',
    'acme.ragtoolkit.app, evil.example',
    'acme.ragtoolkit.app:port',
    'acme.ragtoolkit.app:123456',
    'acme_corp.ragtoolkit.app',
    'äcme.ragtoolkit.app',
    '[::1]',
    'a.b\\c',
    "a'b.ragtoolkit.app",
    '<b>.ragtoolkit.app',
  ])('refuses the Host %j', (host) => {
    expect(direct(incoming(host === undefined ? {} : { Host: host }), 'req_1')).toBe(false);
  });

  test('refuses two Host headers, whatever they say', () => {
    const twice = (first: string, second: string) =>
      ({
        headers: { host: first },
        rawHeaders: ['Host', first, 'hOST', second],
        socket: { remoteAddress: '203.0.113.9' },
      }) as unknown as IncomingMessage;
    expect(direct(twice('acme.ragtoolkit.app', 'victim.ragtoolkit.app'), 'req_1')).toBe(false);
    expect(direct(twice('acme.ragtoolkit.app', 'acme.ragtoolkit.app'), 'req_1')).toBe(false);
  });
});

describe('sanitize behind a trusted proxy', () => {
  const behind = createSanitizer({ scheme: 'https', trustedProxies: new Set(['10.0.0.5', '2001:db8::1']) });
  const claims = {
    Host: 'internal.example',
    'X-Forwarded-Host': 'acme.ragtoolkit.app',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-For': '198.51.100.7',
  };

  test.each(['10.0.0.5', '::ffff:10.0.0.5', '2001:db8::1'])('believes %s', (peer) => {
    const request = incoming(claims, peer);
    expect(behind(request, 'req_1')).toBe(true);
    expect(request.headers).toMatchObject({
      host: 'acme.ragtoolkit.app',
      'x-forwarded-host': 'acme.ragtoolkit.app',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '198.51.100.7',
    });
  });

  test.each(['10.0.0.6', '10.0.0.50', '127.0.0.1', ''])('does not believe %j', (peer) => {
    const request = incoming(claims, peer);
    expect(behind(request, 'req_1')).toBe(true);
    expect(request.headers).toMatchObject({ host: 'internal.example', 'x-forwarded-for': peer });
  });

  test('believes only what the proxy added itself, the last of a list', () => {
    const request = incoming(
      {
        Host: 'internal.example',
        'X-Forwarded-Host': 'victim.ragtoolkit.app, acme.ragtoolkit.app',
        'X-Forwarded-Proto': 'http, https',
        'X-Forwarded-For': '127.0.0.1, 198.51.100.7',
      },
      '10.0.0.5',
    );
    expect(behind(request, 'req_1')).toBe(true);
    expect(request.headers).toMatchObject({
      host: 'acme.ragtoolkit.app',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '198.51.100.7',
    });
  });

  test('takes its own view where the proxy says nothing, or nonsense', () => {
    const silent = incoming({ Host: 'acme.ragtoolkit.app', 'X-Forwarded-Proto': 'gopher' }, '10.0.0.5');
    expect(behind(silent, 'req_1')).toBe(true);
    expect(silent.headers).toMatchObject({
      host: 'acme.ragtoolkit.app',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '10.0.0.5',
    });
    expect(behind(incoming({ ...claims, 'X-Forwarded-Host': 'a b' }, '10.0.0.5'), 'req_1')).toBe(false);
  });

  test('drops the internal headers of a proxy too', () => {
    const request = incoming({ ...claims, 'X-RagToolkit-Path': '/x', 'X-Nonce': 'x' }, '10.0.0.5');
    behind(request, 'req_1');
    expect(request.headers).not.toHaveProperty([internalHeaders.path]);
    expect(request.headers).not.toHaveProperty([internalHeaders.nonce]);
  });
});

describe('sanitize on the call that Next makes to itself', () => {
  function secretOf(sanitize: typeof direct): string {
    const request = incoming({ Host: 'acme.ragtoolkit.app' });
    sanitize(request, 'req_1');
    return String(request.headers[internalHeaders.loopback]);
  }

  const own = createSanitizer({ scheme: 'https', trustedProxies: nobody });
  const call = (secret: string) => ({
    Host: 'localhost',
    'X-Forwarded-Host': 'acme.ragtoolkit.app',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-For': '198.51.100.7',
    'X-RagToolkit-Loopback': secret,
  });

  test('believes the forwarded host', () => {
    const request = incoming(call(secretOf(own)), '127.0.0.1');
    expect(own(request, 'req_2')).toBe(true);
    expect(request.headers).toMatchObject({ host: 'acme.ragtoolkit.app', 'x-forwarded-for': '198.51.100.7' });
  });

  test('believes it from this machine only', () => {
    const request = incoming(call(secretOf(own)));
    expect(own(request, 'req_2')).toBe(true);
    expect(request.headers).toMatchObject({ host: 'localhost', 'x-forwarded-for': '203.0.113.9' });
  });

  test('believes no other secret', () => {
    const secret = secretOf(own);
    const flipped = (secret.startsWith('A') ? 'B' : 'A') + secret.slice(1);
    for (const guess of ['', 'x', flipped, `${secret}A`, secret.slice(1), secretOf(direct)]) {
      const request = incoming(call(guess), '127.0.0.1');
      expect(own(request, 'req_2')).toBe(true);
      expect(request.headers.host).toBe('localhost');
    }
  });

  test('survives a secret of as many characters that are more bytes', () => {
    const request = incoming(call('ä'.repeat(secretOf(own).length)), '127.0.0.1');
    expect(own(request, 'req_2')).toBe(true);
    expect(request.headers.host).toBe('localhost');
  });

  test('makes a secret per process that cannot be guessed', () => {
    const other = createSanitizer({ scheme: 'https', trustedProxies: nobody });
    expect(secretOf(own)).toMatch(/^[\w-]{43}$/);
    expect(secretOf(other)).not.toBe(secretOf(own));
  });
});

describe('sanitize on a real connection', () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    const served = direct(request, 'req_1');
    seen.push({ ...request.headers });
    response.writeHead(served ? 200 : 400, { connection: 'close' }).end();
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  /** Writes a request byte by byte as given, because clients refuse to. */
  async function statusOf(head: string): Promise<number> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(`${head}\r\n\r\n`.replaceAll('\n', '\r\n').replaceAll('\r\r', '\r'));
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return Number(answer.split(' ')[1]);
  }

  test('refuses two Host headers and none', async () => {
    expect(await statusOf('GET / HTTP/1.1\nHost: a.ragtoolkit.app\nHost: b.ragtoolkit.app')).toBe(400);
    expect(await statusOf('GET / HTTP/1.0')).toBe(400);
    expect(await statusOf('GET / HTTP/1.1\nHost: a.ragtoolkit.app')).toBe(200);
  });

  test('takes the Host header, not the host of an absolute address', async () => {
    seen.length = 0;
    await statusOf('GET http://victim.ragtoolkit.app/ HTTP/1.1\nHost: acme.ragtoolkit.app');
    expect(seen[0]).toMatchObject({ host: 'acme.ragtoolkit.app', 'x-forwarded-host': 'acme.ragtoolkit.app' });
  });

  test('takes a claim that is made twice as little as one', async () => {
    seen.length = 0;
    await statusOf(
      'GET / HTTP/1.1\nHost: acme.ragtoolkit.app\nX-Forwarded-Host: a.example\nX-Forwarded-Host: b.example',
    );
    expect(seen[0]).toMatchObject({ 'x-forwarded-host': 'acme.ragtoolkit.app' });
  });
});
