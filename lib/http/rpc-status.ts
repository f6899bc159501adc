import type { AppError } from '@/lib/errors';
import type { RpcStatus } from '@/lib/otlp/wire';

/** google.rpc.Code by the HTTP status of an error; what is not here is INTERNAL. */
const codes: Readonly<Record<number, number>> = {
  400: 3, // INVALID_ARGUMENT
  401: 16, // UNAUTHENTICATED
  403: 7, // PERMISSION_DENIED
  404: 5, // NOT_FOUND
  409: 10, // ABORTED
  413: 3,
  415: 3,
  429: 8, // RESOURCE_EXHAUSTED
  503: 14, // UNAVAILABLE
};
const INTERNAL = 13;

/**
 * The HTTP status of an error in OTLP. Bytes that cannot be decoded are 400 there: 422 is no status that its clients know.
 */
export function toOtlpStatus(error: AppError): number {
  return error.status === 422 ? 400 : error.status;
}

/** An error as OTLP answers it: a google.rpc.Status, whose message also names the places and the request. */
export function toRpcStatus(error: AppError, requestId: string): RpcStatus {
  const places = error.issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return {
    code: codes[toOtlpStatus(error)] ?? INTERNAL,
    message: `${[error.message, ...places].join(' ')} (request ${requestId})`,
  };
}
