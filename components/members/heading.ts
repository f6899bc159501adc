/** The page's heading: where the focus goes when what had it is gone. */
export const HEADING_ID = 'members-heading';
