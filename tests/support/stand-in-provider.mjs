import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * A sign-in provider on loopback that speaks as GitHub does, and as Google does (OpenID Connect). Whoever comes to its
 * page says who they are, and whether their address is verified. It is as strict as the real ones: the client's secret,
 * the return address, PKCE, and codes that work once. Plain Node, since it also serves the browser tests.
 * @typedef {{ id: string, name: string, email: string, verified: boolean }} StandInPerson
 * @typedef {Awaited<ReturnType<typeof startStandInProvider>>} StandInProvider
 */

export const standInClient = { id: 'stand-in-client', secret: 'stand-in-secret' };

/** @param {{ port?: number }} [options] */
export async function startStandInProvider({ port = 0 } = {}) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** @type {Map<string, { person: StandInPerson, query: URLSearchParams }>} */
  const codes = new Map();
  /** @type {Map<string, StandInPerson>} */
  const tokens = new Map();
  /** @type {Set<string>} paths that answer 503 */
  const broken = new Set();
  let url = '';

  /** @param {StandInPerson} person @param {string | null} nonce @param {Record<string, unknown>} [claims] */
  function idToken(person, nonce, claims) {
    const now = Math.floor(Date.now() / 1000);
    const payload = {
      iss: url,
      aud: standInClient.id,
      sub: person.id,
      iat: now,
      exp: now + 300,
      name: person.name,
      email: person.email,
      email_verified: person.verified,
      ...(nonce ? { nonce } : {}),
      ...claims,
    };
    const head = { alg: 'RS256', kid: 'stand-in', typ: 'JWT' };
    const signed = [head, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
  }

  /** @param {URLSearchParams} query @param {URLSearchParams} form @returns {string | null} where the browser goes */
  function decide(query, form) {
    const back = new URL(query.get('redirect_uri') ?? '');
    const state = query.get('state');
    if (state) back.searchParams.set('state', state);
    if (form.get('decision') !== 'authorize') {
      back.searchParams.set('error', 'access_denied');
      return back.toString();
    }
    const code = randomBytes(12).toString('hex');
    const [id, name, email] = ['id', 'name', 'email'].map((field) => form.get(field) ?? '');
    codes.set(code, {
      person: { id: id ?? '', name: name ?? '', email: email ?? '', verified: form.get('verified') === 'on' },
      query,
    });
    back.searchParams.set('code', code);
    return back.toString();
  }

  /** @param {string} authorization @param {URLSearchParams} form */
  function redeem(authorization, form) {
    const basic = `Basic ${Buffer.from(`${standInClient.id}:${standInClient.secret}`).toString('base64')}`;
    const grant = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (
      authorization !== basic ||
      !grant ||
      grant.query.get('redirect_uri') !== form.get('redirect_uri') ||
      grant.query.get('code_challenge') !== challenge
    )
      return null;
    const token = randomBytes(12).toString('hex');
    tokens.set(token, grant.person);
    return { token, person: grant.person, nonce: grant.query.get('nonce') };
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', url);
    const json = (/** @type {unknown} */ body, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    let body = '';
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    if (broken.has(pathname)) return json({ error: 'down' }, 503);

    if (pathname === '/login/oauth/authorize' || pathname === '/authorize') {
      if (!isOurs(query))
        return response.writeHead(400).end('This is not the client, or not its return address');
      if (request.method === 'POST')
        return response.writeHead(302, { location: decide(query, form) ?? '/' }).end();
      return response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    }
    if (pathname === '/login/oauth/access_token' || pathname === '/token') {
      const redeemed = redeem(request.headers.authorization ?? '', form);
      // GitHub says so with status 200.
      if (!redeemed) return json({ error: 'bad_verification_code' }, pathname === '/token' ? 400 : 200);
      return json({
        access_token: redeemed.token,
        token_type: 'bearer',
        ...(pathname === '/token'
          ? { expires_in: 300, id_token: idToken(redeemed.person, redeemed.nonce) }
          : { scope: 'read:user,user:email' }),
      });
    }
    const person = tokens.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (pathname === '/api/v3/user') {
      if (!person) return json({ message: 'Bad credentials' }, 401);
      // The address of a profile is what the person chose to show there: nobody may go by it.
      return json({
        id: Number(person.id),
        login: `u${person.id}`,
        name: person.name,
        email: shownAddress(person.id),
      });
    }
    if (pathname === '/api/v3/user/emails') {
      if (!person) return json({ message: 'Bad credentials' }, 401);
      return json([
        { email: otherAddress(person.id), primary: false, verified: true, visibility: null },
        { email: person.email, primary: true, verified: person.verified, visibility: 'private' },
      ]);
    }
    if (pathname === '/.well-known/openid-configuration')
      return json({
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
      });
    if (pathname === '/jwks')
      return json({
        keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'stand-in', alg: 'RS256', use: 'sig' }],
      });
    return json({ message: 'Not Found' }, 404);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;

  return {
    url,
    /** Paths that fail from now on. */
    broken,
    /** Ends it: who asks from now on is refused the connection. */
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve(undefined));
      }),
  };
}

/** The addresses that GitHub's stand-in gives besides the primary one. */
export const shownAddress = (/** @type {string} */ id) => `shown-${id}@example.org`;
export const otherAddress = (/** @type {string} */ id) => `other-${id}@example.org`;

/** @param {URLSearchParams} query */
function isOurs(query) {
  const back = query.get('redirect_uri') ?? '';
  return (
    query.get('client_id') === standInClient.id &&
    /^https?:\/\/cloud\.[^/?#@]+\/api\/auth\/callback\/(github|google)$/.test(back)
  );
}

const page = `<!doctype html>
<html lang="en"><title>Stand-in provider</title>
<h1>Stand-in provider</h1>
<form method="post">
<p><label>Account <input name="id"></label></p>
<p><label>Name <input name="name"></label></p>
<p><label>E-mail <input name="email"></label></p>
<p><label><input type="checkbox" name="verified" checked> Verified</label></p>
<button name="decision" value="authorize">Authorize</button>
<button name="decision" value="cancel">Cancel</button>
</form></html>`;
