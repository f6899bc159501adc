import type Stripe from 'stripe';

type ErrorType =
  | 'api_error'
  | 'card_error'
  | 'idempotency_error'
  | 'invalid_request_error'
  | 'rate_limit_error';

export type ErrorFields = {
  type: ErrorType;
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  payment_intent?: Stripe.PaymentIntent;
  payment_method?: Stripe.PaymentMethod;
};

/** An answer in Stripe's shape of an error. `keeps` says that what was written before it stays: a declined charge has happened. */
export class StripeFailure extends Error {
  constructor(
    readonly status: number,
    readonly fields: ErrorFields,
    readonly keeps = false,
  ) {
    super(fields.message);
  }

  /** The body as it goes over the wire. */
  body(): { error: ErrorFields & { doc_url?: string } } {
    const { code } = this.fields;
    return {
      error: {
        ...this.fields,
        ...(code && { doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}` }),
      },
    };
  }
}

/** 400: what was sent cannot be done. */
export function invalidRequest(message: string, param?: string, code?: string): StripeFailure {
  return new StripeFailure(400, {
    type: 'invalid_request_error',
    message,
    ...(code && { code }),
    ...(param && { param }),
  });
}

/** 404: there is no such object; a `param` other than `id` is one that named it. */
export function resourceMissing(what: string, id: string, param = 'id'): StripeFailure {
  return new StripeFailure(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${what}: '${id}'`,
    param,
  });
}

/** 404: Stripe's answer to an address that it does not know, and the sandbox's to one that it does not speak. */
export function unknownRoute(method: string, path: string): StripeFailure {
  return new StripeFailure(404, {
    type: 'invalid_request_error',
    message: `Unrecognized request URL (${method}: ${path}). The sandbox speaks only what the product uses.`,
  });
}
