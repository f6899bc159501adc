import { Writable } from 'node:stream';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import type { LoggerOptions } from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

const written = vi.hoisted(() => ({ lines: [] as string[] }));

// The logger writes where it is told at its making: here, into a list.
vi.mock('pino', async (original) => {
  const { default: pino } = await original<typeof import('pino')>();
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written.lines.push(String(chunk));
      done();
    },
  });
  return {
    default: Object.assign((options: LoggerOptions) => pino({ ...options, level: 'info' }, sink), pino),
  };
});

const { annotateRequest, currentRequestId, isInRequest, log, logError, logRequest, runRequest } =
  await import('@/lib/log');

beforeEach(() => {
  written.lines.length = 0;
});

const entry = () => ({ requestId: 'req_1', method: 'POST', host: 'acme.ragtoolkit.app', path: '/traces' });

function lastLine(): { text: string; json: Record<string, unknown> & { err?: Record<string, unknown> } } {
  const text = written.lines.at(-1) ?? '';
  return { text, json: JSON.parse(text) };
}

/** An error as PostgreSQL reports it through the driver. */
function databaseError(code: string, message: string): Error {
  return Object.assign(new Error(message), {
    name: 'PostgresError',
    code,
    detail: 'Key (email)=(ada@secret)',
  });
}

describe('logError', () => {
  test('never writes the parameters of a query', () => {
    const cause = databaseError('42501', 'permission denied for table traces');
    logError(
      new DrizzleQueryError('insert into traces values ($1)', ['my secret question'], cause),
      'unexpected',
    );
    expect(lastLine().text).not.toContain('secret');
    expect(lastLine().json).toMatchObject({
      level: 'error',
      msg: 'unexpected',
      err: { code: '42501', message: 'permission denied for table traces' },
    });
  });

  test.each(['22P02', '22001', '22021', '23505', '23514'])(
    'never writes the value that %s quotes',
    (code) => {
      const cause = databaseError(code, 'invalid input syntax for type uuid: "my secret"');
      for (const error of [cause, new DrizzleQueryError('select $1', ['my secret'], cause)]) {
        logError(error, 'unexpected');
        expect(lastLine().text).not.toContain('secret');
        expect(lastLine().json.err).toMatchObject({ code, message: `database error ${code}` });
      }
    },
  );

  test('never writes the parameters of a query below another error', () => {
    const query = new DrizzleQueryError('select $1', ['my secret'], databaseError('57014', 'timeout'));
    logError(new Error('could not store', { cause: query }), 'unexpected');
    expect(lastLine().text).not.toContain('secret');
  });

  test('never writes the parameters of a query without a cause', () => {
    logError(new DrizzleQueryError('select $1', ['my secret']), 'unexpected');
    expect(lastLine().text).not.toContain('secret');
  });

  test('never writes the input that a schema refused', () => {
    const { error } = z
      .object({ a: z.enum(['x']), b: z.email() })
      .safeParse({ a: 'my secret', b: 'my secret' });
    logError(error, 'unexpected');
    expect(lastLine().text).not.toContain('secret');
  });

  test('says where it happened', () => {
    logError(new TypeError('x is not a function'), 'unexpected');
    expect(lastLine().json.err).toMatchObject({
      type: 'TypeError',
      message: 'x is not a function',
      stack: expect.stringContaining('log.test.ts'),
    });
  });

  test('says in which request', () => {
    runRequest(entry(), () => logError(new Error('x'), 'unexpected'));
    expect(lastLine().json).toMatchObject({ requestId: 'req_1' });
  });

  test('takes what is no error', () => {
    for (const thrown of ['text', undefined, null, 7, { a: 1 }]) {
      expect(() => logError(thrown, 'unexpected')).not.toThrow();
      expect(lastLine().json).toMatchObject({ level: 'error' });
    }
  });
});

describe('logRequest', () => {
  test('writes one line with what was annotated on the way', async () => {
    const request = entry();
    await runRequest(request, async () => {
      await Promise.resolve();
      annotateRequest({ tenant: 'tenant-id', actor: 'key:1', route: '/api/v1/traces' });
    });
    logRequest(request, 201, 12.345);
    expect(written.lines).toHaveLength(1);
    expect(lastLine().json).toMatchObject({
      level: 'info',
      requestId: 'req_1',
      tenant: 'tenant-id',
      actor: 'key:1',
      route: '/api/v1/traces',
      status: 201,
      durationMs: 12.3,
    });
  });

  test('raises its voice for what is our fault only', () => {
    for (const [status, level] of [
      [200, 'info'],
      [422, 'info'],
      [499, 'info'],
      [500, 'error'],
      [503, 'error'],
    ] as const) {
      logRequest(entry(), status, 1);
      expect(lastLine().json.level).toBe(level);
    }
  });
});

describe('runRequest', () => {
  test('keeps requests apart', async () => {
    const ids = await Promise.all(
      ['req_a', 'req_b'].map((requestId) =>
        runRequest({ ...entry(), requestId }, async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return currentRequestId();
        }),
      ),
    );
    expect(ids).toEqual(['req_a', 'req_b']);
  });

  test('is over when it is over', () => {
    runRequest(entry(), () => expect(isInRequest()).toBe(true));
    expect(isInRequest()).toBe(false);
    expect(currentRequestId()).toMatch(/^req_[0-9a-f]{16}$/);
    expect(() => annotateRequest({ tenant: 'x' })).not.toThrow();
  });
});

describe('log', () => {
  test('is one logger in the process', () => {
    expect(log()).toBe(log());
  });
});
