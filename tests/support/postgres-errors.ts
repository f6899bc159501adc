/** SQLSTATE codes that tests expect. */
export const sqlState = {
  checkViolation: '23514',
  insufficientPrivilege: '42501',
  undefinedTable: '42P01',
  uniqueViolation: '23505',
} as const;

/** The SQLSTATE with which a promise is rejected, whether or not Drizzle wrapped the error; 'none' when it is not. */
export async function sqlStateOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    return (cause as { code?: string }).code ?? String(error);
  }
}
