import { AppError, type ErrorCode } from '@/lib/errors';
import { urlOf } from '@/lib/gateway/hosts';
import { annotateRequest, logError } from '@/lib/log';

/** The one shape of an error in the API. */
export type ErrorBody = {
  error: {
    code: ErrorCode;
    message: string;
    request_id: string;
    doc_url: string;
    issues?: { path: string; message: string }[];
  };
};

/** Anything thrown as an AppError. What is not one is logged whole and tells the client nothing. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isDatabaseDown(error)) {
    logError(error, 'database unavailable');
    return new AppError('unavailable');
  }
  logError(error, 'unexpected error');
  return new AppError('internal');
}

/** The body that tells a client of an error. */
export function toErrorBody(error: AppError, requestId: string): ErrorBody {
  annotateRequest({ errorCode: error.code });
  return {
    error: {
      code: error.code,
      message: error.message,
      request_id: requestId,
      doc_url: urlOf('site', `/docs/errors#${error.code}`),
      ...(error.issues.length > 0 ? { issues: error.issues } : {}),
    },
  };
}

/** Connection refused, lost or not had in time; shutting down, starting up; too many connections. */
function isDatabaseDown(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = String((cause as { code?: unknown } | null)?.code ?? '');
  return /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|57P0[123]|53300|08\d{3})$/.test(
    code,
  );
}
