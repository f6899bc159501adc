/** Nothing but the mail's own styles: no script, no picture from elsewhere, no form, no frame. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A mail's HTML part as the document of a sandboxed frame: its policy stands before everything that the mail says. */
export function toFrameDocument(html: string): string {
  const head = `<meta http-equiv="Content-Security-Policy" content="${POLICY}"><base target="_blank">`;
  // Before the first tag of the mail, whatever it is: the parser puts both into the head.
  return `<!doctype html>${head}${html.replace(/^\s*<!doctype[^>]*>/i, '')}`;
}
