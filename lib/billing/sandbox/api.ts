import type { Box } from './box';
import { invalidRequest, StripeFailure, unknownRoute } from './errors';
import type { Form } from './form';
import { earlierAnswer, fingerprintOf } from './idempotency';
import { decode, parseParameters } from './params';
import { expand, present } from './present';
import { matchRoute } from './router';
import { routes } from './routes';

export type ApiRequest = {
  id: string;
  method: string;
  pathname: string;
  query: string;
  body: string;
  idempotencyKey: string | null;
};

export type ApiAnswer = { status: number; body: string; isReplay: boolean };

/** Answers one request to the API. What it writes is on the disk only after `box.store.flushed()`. */
export function answerApi(box: Box, request: ApiRequest): ApiAnswer {
  try {
    return carryOut(box, request);
  } catch (error) {
    if (error instanceof StripeFailure) return failed(error);
    throw error;
  }
}

function carryOut(box: Box, request: ApiRequest): ApiAnswer {
  const { method, pathname, query, body, idempotencyKey } = request;
  // Searching is another language of its own: it would be taken for an object with that id.
  const found = pathname.endsWith('/search') ? null : matchRoute(routes, method, pathname);
  if (!found) throw unknownRoute(method, pathname);
  const key = method === 'POST' ? idempotencyKey : null;
  if (key !== null && key.length > 255)
    throw invalidRequest('Idempotency keys may not be longer than 255 characters.');
  const fingerprint = fingerprintOf(method, pathname, body);
  const earlier = key === null ? undefined : earlierAnswer(box, key, fingerprint);
  if (earlier) return { status: earlier.status, body: earlier.body, isReplay: true };

  const form: Form = { ...decode(query), ...decode(body) };
  const params = parseParameters(found.route.schema, form);
  const remember = (status: number, text: string) => {
    if (key !== null)
      box.store.put('answers', { id: key, fingerprint, status, body: text, created: box.realNow() });
  };
  box.request = { id: request.id, idempotencyKey };
  try {
    return box.store.transaction(
      () => {
        try {
          const result = found.route.run(box, params as never, found.path);
          const text = JSON.stringify(expand(box, present(box, result), params.expand), null, 2);
          remember(200, text);
          return { status: 200, body: text, isReplay: false };
        } catch (error) {
          if (error instanceof StripeFailure && error.keeps) remember(error.status, failed(error).body);
          throw error;
        }
      },
      (error) => error instanceof StripeFailure && error.keeps,
    );
  } finally {
    box.request = null;
  }
}

/** An error as it is answered. */
export function failed(failure: StripeFailure): ApiAnswer {
  return { status: failure.status, body: JSON.stringify(failure.body(), null, 2), isReplay: false };
}
