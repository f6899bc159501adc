/** One thing wrong with an input: where (`retrieved_chunks[2].score`) and what is expected there. */
export type Issue = { path: string; message: string };

/** Every error a client can meet: its HTTP status and the sentence shown when no better one is given. */
export const errorCodes = {
  invalid_input: { status: 422, message: 'The request is not valid. See issues.' },
  invalid_body: { status: 422, message: 'The request body is not valid JSON.' },
  invalid_signature: { status: 400, message: 'The signature of this webhook is not valid.' },
  unsupported_media_type: { status: 415, message: 'Send JSON with Content-Type: application/json.' },
  payload_too_large: { status: 413, message: 'The request body is too large.' },
  unauthenticated: { status: 401, message: 'Sign in, or send an API key as "Authorization: Bearer rtk_…".' },
  forbidden: { status: 403, message: 'You do not have permission to do this.' },
  origin_mismatch: { status: 403, message: 'This request came from another site.' },
  tenant_suspended: {
    status: 403,
    message: 'This workspace is suspended. Contact support to reactivate it.',
  },
  tenant_deleting: {
    status: 403,
    message: 'This workspace is about to be deleted. Its admins can still keep it, on its own page.',
  },
  rate_limited: { status: 429, message: 'Too many requests. Wait a moment, then try again.' },
  limit_exceeded: { status: 403, message: 'A limit of the plan has been reached.' },
  not_found: { status: 404, message: 'Not found.' },
  conflict: { status: 409, message: 'This conflicts with what is already there.' },
  unavailable: { status: 503, message: 'The service is not available right now. Try again shortly.' },
  internal: {
    status: 500,
    message: 'Something went wrong on our side. Quote the request id when you contact us.',
  },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** The one error type that may reach a client. Everything else that is thrown becomes `internal` and tells nothing. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly issues: Issue[];
  /** Seconds after which trying again makes sense, where that is known. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message?: string, issues: Issue[] = [], retryAfter?: number) {
    super(message ?? errorCodes[code].message);
    this.name = 'AppError';
    this.code = code;
    this.status = errorCodes[code].status;
    this.issues = issues;
    this.retryAfter = retryAfter;
  }
}
