import NextAuth from 'next-auth';
import { nextAuthOptions } from '@/lib/auth/next-auth';
import { hostOf } from '@/lib/gateway/hosts';
import { runRequest } from '@/lib/log';
import type { StandInPerson } from './stand-in-provider.mjs';

export type AuthAnswer = { status: number; location: string | null; body: unknown };

/** A browser at one of our hosts that talks to next-auth itself, and keeps its cookies. */
export class AuthBrowser {
  readonly cookies = new Map<string, string>();

  constructor(
    private readonly host = hostOf('cloud'),
    private readonly ip: string | null = null,
  ) {}

  /** `path` is what stands below /api/auth. Redirects are answered, not followed. */
  async ask(method: 'GET' | 'POST', path: string, body: Record<string, string> = {}): Promise<AuthAnswer> {
    const url = new URL(path, 'http://x/');
    const answer: AuthAnswer = { status: 200, location: null, body: undefined };
    const set: string[] = [];
    const response = {
      status(code: number) {
        answer.status = code;
        return response;
      },
      getHeader: () => undefined,
      setHeader(name: string, value: string | string[]) {
        if (name === 'Location') answer.location = String(value);
        if (name === 'Set-Cookie') set.push(...[value].flat());
        return response;
      },
      json(sent: unknown) {
        answer.body = sent;
      },
      send(sent: unknown) {
        answer.body = sent;
      },
      end() {},
    };
    const request = {
      method,
      query: { ...Object.fromEntries(url.searchParams), nextauth: url.pathname.split('/').filter(Boolean) },
      cookies: Object.fromEntries(this.cookies),
      headers: { host: this.host, 'x-forwarded-host': this.host, 'x-forwarded-proto': 'http' },
      body,
    };
    const options = nextAuthOptions({
      onCloud: this.host === hostOf('cloud'),
      returnTo: this.cookies.get('next-auth.callback-url'),
    });
    await runRequest(
      { requestId: 'test', method, host: this.host, path },
      () => NextAuth(request as never, response as never, options),
      { ip: this.ip, userAgent: 'test' },
    );
    for (const line of set) {
      const [pair = ''] = line.split(';');
      const equals = pair.indexOf('=');
      const value = decodeURIComponent(pair.slice(equals + 1));
      if (value === '' || /max-age=0\b/i.test(line)) this.cookies.delete(pair.slice(0, equals));
      else this.cookies.set(pair.slice(0, equals), value);
    }
    return answer;
  }

  /** A POST with the CSRF token of this browser. */
  async post(path: string, body: Record<string, string> = {}): Promise<AuthAnswer> {
    const { body: csrf } = await this.ask('GET', 'csrf');
    const { csrfToken } = csrf as { csrfToken: string };
    return this.ask('POST', path, { csrfToken, json: 'true', ...body });
  }

  /** Where a provider's sign-in goes on from here. */
  async begin(provider: string, callbackUrl: string): Promise<string> {
    const { body } = await this.post(`signin/${provider}`, { callbackUrl });
    return (body as { url: string }).url;
  }

  /** Goes to the provider as somebody, or cancels there, and comes back: the answer to the callback. */
  async signInWith(
    provider: string,
    person: StandInPerson | null,
    callbackUrl = '/open',
  ): Promise<AuthAnswer> {
    const back = await decideAtProvider(await this.begin(provider, callbackUrl), person);
    return this.ask('GET', toPath(back));
  }

  /** Goes on to where an answer leads, for as long as that is next-auth itself. */
  async follow(answer: AuthAnswer): Promise<string | null> {
    let { location } = answer;
    for (let hops = 0; location?.includes('/api/auth/') && hops < 5; hops++)
      ({ location } = await this.ask('GET', toPath(location)));
    return location;
  }
}

/** Says who one is on the stand-in provider's page, or cancels: the address that it leads back to. */
export async function decideAtProvider(authorizeUrl: string, person: StandInPerson | null): Promise<string> {
  const form = person
    ? {
        id: person.id,
        name: person.name,
        email: person.email,
        ...(person.verified ? { verified: 'on' } : {}),
        decision: 'authorize',
      }
    : { decision: 'cancel' };
  const answer = await fetch(authorizeUrl, {
    method: 'POST',
    body: new URLSearchParams(form),
    redirect: 'manual',
  });
  const location = answer.headers.get('location');
  if (!location) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
  return location;
}

/** An address below /api/auth as `ask` takes it. */
export function toPath(address: string): string {
  return address.slice(address.indexOf('/api/auth/') + '/api/auth/'.length);
}
