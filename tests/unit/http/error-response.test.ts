import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError, errorCodes } from '@/lib/errors';
import { toAppError, toErrorBody } from '@/lib/http/error-response';
import { toIssues } from '@/lib/http/issues';
import { errorBody } from '@/tests/support/requests';

const withCode = (code: string) => Object.assign(new Error('secret detail'), { code });

describe('toAppError', () => {
  test('keeps an AppError', () => {
    const error = new AppError('conflict');
    expect(toAppError(error)).toBe(error);
  });

  test.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'CONNECT_TIMEOUT',
    'CONNECTION_CLOSED',
    'CONNECTION_ENDED',
    'CONNECTION_DESTROYED',
    '57P01',
    '57P03',
    '53300',
    '08006',
  ])('takes %s for a database that is away, wrapped or not', (code) => {
    expect(toAppError(withCode(code))).toMatchObject({ code: 'unavailable', status: 503 });
    expect(toAppError(new Error('Failed query', { cause: withCode(code) }))).toMatchObject({ status: 503 });
  });

  test.each([
    new Error('secret detail'),
    withCode('23505'),
    withCode('42501'),
    withCode('ENOENT'),
    new TypeError('secret detail'),
    'secret detail',
    null,
    undefined,
    { code: {} },
  ])('tells the client nothing of %s', (error) => {
    const known = toAppError(error);
    expect(known).toMatchObject({ code: 'internal', status: 500 });
    expect(JSON.stringify(toErrorBody(known, 'req_1'))).not.toContain('secret');
  });
});

describe('toErrorBody', () => {
  test('has the one shape for every code, with a page that explains it', () => {
    for (const code of Object.keys(errorCodes) as (keyof typeof errorCodes)[]) {
      const body = errorBody.parse(toErrorBody(new AppError(code), 'req_1'));
      expect(body.error).toMatchObject({ code, request_id: 'req_1' });
      expect(body.error.doc_url).toBe(`http://ragtoolkit.localhost:3000/docs/errors#${code}`);
      expect(body.error).not.toHaveProperty('issues');
    }
  });

  test('lists the issues', () => {
    const issues = [{ path: 'slug', message: 'taken' }];
    expect(toErrorBody(new AppError('conflict', 'Taken.', issues), 'req_1').error).toMatchObject({
      message: 'Taken.',
      issues,
    });
  });
});

describe('toIssues', () => {
  const schema = z.object({ chunks: z.array(z.object({ score: z.number() })), name: z.string() });
  const issuesOf = (value: unknown) => {
    const { error } = schema.safeParse(value);
    return error ? toIssues(error) : [];
  };

  test('writes paths as people write them', () => {
    expect(
      issuesOf({ chunks: [{ score: 1 }, {}, { score: 'x' }], name: 1 }).map((issue) => issue.path),
    ).toEqual(['chunks[1].score', 'chunks[2].score', 'name']);
    expect(issuesOf(null).map((issue) => issue.path)).toEqual(['']);
  });

  test('stops at 50', () => {
    expect(issuesOf({ chunks: Array.from({ length: 500 }, () => ({})), name: 'x' })).toHaveLength(50);
  });
});
