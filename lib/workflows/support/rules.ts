/** Minutes for which an operator may look into a tenant's console, and may write there once that is allowed. */
export const SUPPORT_MINUTES = 30;
export const WRITE_MINUTES = 10;
