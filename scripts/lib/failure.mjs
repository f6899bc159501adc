/**
 * Something went wrong that the person at the terminal can understand and mend: it is shown as its message alone,
 * without a stack. Everything else that is thrown is a bug and keeps its stack.
 */
export class Failure extends Error {}

/** Thrown where work is cut short because the command was asked to stop: nobody needs to hear about it. */
export class Stopped extends Error {
  constructor() {
    super('stopped');
  }
}

/** @param {unknown} error */
export function describe(error) {
  if (error instanceof Failure) return error.message;
  if (error instanceof Error) return error.stack ?? error.message;
  return String(error);
}

/**
 * The code of a system error, such as ENOENT.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function errorCode(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
