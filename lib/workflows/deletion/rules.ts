/** Days between the request to delete a workspace and the erasure, in which an admin can undo it. */
export const DELETION_GRACE_DAYS = 7;
