import type { Mail } from './outbox';

/** The mail with a sign-in link, which works once and for an hour. */
export function signInLinkMail(to: string, link: string, host: string): Mail {
  return compose(to, `Sign in to ${host}`, [
    `Use this link to sign in to ${host}. It works once, within the next hour.`,
    link,
    'If you did not ask for it, ignore this mail: nobody can sign in without the link.',
  ]);
}

/** Both parts of a mail from the same paragraphs; a paragraph that is an address becomes a link. */
function compose(to: string, subject: string, paragraphs: readonly string[]): Mail {
  const html = paragraphs
    .map((text) =>
      /^https?:\/\/\S+$/.test(text)
        ? `<p><a href="${escapeHtml(text)}">${escapeHtml(text)}</a></p>`
        : `<p>${escapeHtml(text)}</p>`,
    )
    .join('\n');
  return {
    to,
    subject,
    text: paragraphs.join('\n\n'),
    html: `<!doctype html>\n<html lang="en"><body>\n${html}\n</body></html>`,
  };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Tells an admin that their workspace will be erased, and where that can be undone. Times are ISO 8601 in UTC. */
export function deletionRequestedMail(
  to: string,
  facts: { name: string; host: string; by: string | null; deleteAfter: string; undoUrl: string },
): Mail {
  return compose(to, `${facts.name} will be deleted`, [
    `${facts.by ?? 'The system'} asked for the workspace ${facts.name} (${facts.host}) to be deleted. It is closed now, and its API keys are refused.`,
    `All of its data will be erased after ${toMinute(facts.deleteAfter)}. Until then any admin can keep it:`,
    facts.undoUrl,
  ]);
}

/** Tells an admin that their workspace is kept after all. */
export function deletionCancelledMail(
  to: string,
  facts: { name: string; by: string | null; url: string },
): Mail {
  return compose(to, `${facts.name} is kept`, [
    `${facts.by ?? 'The system'} undid the deletion of the workspace ${facts.name}. It works as before, with all of its data and API keys.`,
    facts.url,
  ]);
}

/** The receipt of an erasure: what was deleted, how many rows of each, when, and the signature over it. */
export function erasureReceiptMail(
  to: string,
  facts: { name: string; host: string; receipt: string; rowCounts: Record<string, number>; erasedAt: string },
): Mail {
  const counts = Object.entries(facts.rowCounts).map(([table, rows]) => `${table}: ${rows}`);
  return compose(to, `${facts.name} has been erased`, [
    `The workspace ${facts.name} (${facts.host}) and all of its data were erased on ${toMinute(facts.erasedAt)}.`,
    `Rows deleted, by table: ${counts.join(', ')}.`,
    'This is the signed receipt. Keep it as it is: support can check it.',
    facts.receipt,
  ]);
}

/** Confirms a workspace that was made through the API for an address without an account. The link works for a day. */
export function confirmSignUpMail(to: string, facts: { name: string; host: string; link: string }): Mail {
  return compose(to, `Confirm ${facts.name}`, [
    `The workspace ${facts.name} was made for you at ${facts.host}. Use this link to confirm your address and sign in. It works once, within a day.`,
    facts.link,
    'If you did not ask for it, ignore this mail: without the link nobody can sign in, and the workspace is deleted after a week.',
  ]);
}

/** Asks somebody who has an account whether a workspace made through the API is theirs. The link works for a day. */
export function confirmWorkspaceMail(to: string, facts: { name: string; host: string; link: string }): Mail {
  return compose(to, `Is ${facts.name} yours?`, [
    `Somebody made the workspace ${facts.name} at ${facts.host} with your address. If it was you, use this link to sign in and confirm it. It works once, within a day.`,
    facts.link,
    'If it was not you, ignore this mail: nothing has been added to your account, and the workspace is deleted after a week.',
  ]);
}

/** Tells an admin that clients of the workspace were refused for their rate for more than a minute of the last hour. */
export function limitedMail(
  to: string,
  facts: { name: string; host: string; refused: number; url: string },
): Mail {
  const times = facts.refused === 1 ? 'once' : `${facts.refused.toLocaleString('en-US')} times`;
  return compose(to, `${facts.name} was limited`, [
    `In the last hour, clients of ${facts.name} (${facts.host}) sent more than its limit allows for more than a minute, and were told ${times} to wait. Clients that do as they are told lose nothing; others may have dropped what they wanted to send.`,
    'See which key it was, and give it a limit of its own if it keeps the others from working:',
    facts.url,
    'You get this mail at most once a day.',
  ]);
}

/** `2026-11-23T08:15:00.000Z` as a mail shows it. */
function toMinute(iso: string): string {
  return `${iso.slice(0, 10)}, ${iso.slice(11, 16)} UTC`;
}
