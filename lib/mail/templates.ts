import { compose } from './layout';
import type { Mail } from './outbox';

/** The mail with a sign-in link, which works once and for an hour. */
export function signInLinkMail(to: string, link: string, host: string): Mail {
  return compose(to, `Sign in to ${host}`, [
    `Use this link to sign in to ${host}. It works once, within the next hour.`,
    { label: 'Sign in', href: link },
    'If you did not ask for it, ignore this mail: nobody can sign in without the link.',
  ]);
}

/** Tells an admin that their workspace will be erased, and where that can be undone. Times are ISO 8601 in UTC. */
export function deletionRequestedMail(
  to: string,
  facts: { name: string; host: string; by: string | null; deleteAfter: string; undoUrl: string },
): Mail {
  return compose(to, `${facts.name} will be deleted`, [
    `${facts.by ?? 'The system'} asked for the workspace ${facts.name} (${facts.host}) to be deleted. It is closed now, and its API keys are refused.`,
    `All of its data will be erased after ${toMinute(facts.deleteAfter)}. Until then any admin can keep it:`,
    { label: 'Keep the workspace', href: facts.undoUrl },
  ]);
}

/** Tells an admin that their workspace is kept after all. */
export function deletionCancelledMail(
  to: string,
  facts: { name: string; by: string | null; url: string },
): Mail {
  return compose(to, `${facts.name} is kept`, [
    `${facts.by ?? 'The system'} undid the deletion of the workspace ${facts.name}. It works as before, with all of its data and API keys.`,
    { label: 'Open the workspace', href: facts.url },
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
    { label: 'Confirm and sign in', href: facts.link },
    'If you did not ask for it, ignore this mail: without the link nobody can sign in, and the workspace is deleted after a week.',
  ]);
}

/** Asks somebody who has an account whether a workspace made through the API is theirs. The link works for a day. */
export function confirmWorkspaceMail(to: string, facts: { name: string; host: string; link: string }): Mail {
  return compose(to, `Is ${facts.name} yours?`, [
    `Somebody made the workspace ${facts.name} at ${facts.host} with your address. If it was you, use this link to sign in and confirm it. It works once, within a day.`,
    { label: 'Sign in and confirm', href: facts.link },
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

/**
 * Tells an admin that a share of the period's traces is used: of those that the plan includes, or of all that there are.
 * `stops` says what ends there, null where more can be had at `per1000` cents a thousand; money is in cents, `until` ISO 8601 in UTC.
 */
export function quotaMail(
  to: string,
  facts: {
    name: string;
    host: string;
    url: string;
    traces: number;
    percent: number;
    used: number;
    planName: string;
    stops: 'plan' | 'cap' | null;
    per1000: number | null;
    cap: number | null;
    until: string;
  },
): Mail {
  const { name, stops, planName, per1000, cap } = facts;
  const isAll = facts.percent >= 100;
  const amount = facts.traces.toLocaleString('en-US');
  const used = facts.used.toLocaleString('en-US');
  const share = isAll ? 'all' : `${facts.percent} %`;
  const until = toMinute(facts.until);
  const kept =
    'Traces that are stored already stay, and can still be updated. Clients are told why a trace was refused, and the page Deliveries tells you.';
  if (stops === 'cap') {
    const money = toDollars(cap ?? 0);
    return compose(to, isAll ? `${name} has reached its spend cap` : `${name} is near its spend cap`, [
      `${name} (${facts.host}) has stored ${used} traces in this period. The spend cap of ${money}, which an admin has set, is reached at ${amount}.`,
      isAll
        ? `From now on new traces are refused until ${until}, unless an admin raises the cap.`
        : `From there on new traces are refused until ${until}, unless an admin raises the cap.`,
      kept,
      { label: 'See the usage', href: facts.url },
    ]);
  }
  const subject = isAll ? `${name} has used all of its traces` : `${name} has used ${share} of its traces`;
  const told = `${name} (${facts.host}) has stored ${used} of the ${amount} traces that ${planName} includes until ${until}.`;
  if (stops === 'plan')
    return compose(to, subject, [
      told,
      isAll
        ? 'From now on new traces are refused until then, unless the plan is changed.'
        : 'When all are used, new traces are refused until then, unless the plan is changed.',
      kept,
      { label: 'See the usage', href: facts.url },
    ]);
  return compose(to, isAll ? `${name} has used its included traces` : subject, [
    told,
    ...(per1000 === null
      ? []
      : [
          `Each 1,000 beyond cost ${toDollars(per1000)}. No trace is refused${cap === null ? '. To keep the cost within bounds, an admin can set a spend cap.' : ' before the spend cap is reached.'}`,
        ]),
    { label: 'See the usage', href: facts.url },
  ]);
}

/** What a mail about payments tells an admin. Times are ISO 8601 in UTC, `amount` is written with its currency. */
export type PaymentFacts = {
  name: string;
  host: string;
  url: string;
  planName: string;
  amount: string | null;
  nextAttemptAt: string | null;
  readOnlyAt: string | null;
};

/** Tells an admin that a payment has failed, what becomes of the workspace because of it, or that all is well again. */
export function paymentMail(
  to: string,
  kind: 'payment_failed' | 'read_only_soon' | 'read_only' | 'paid_again' | 'ended',
  facts: PaymentFacts,
): Mail {
  const { name, host, planName, url } = facts;
  const until = facts.readOnlyAt ? toMinute(facts.readOnlyAt) : null;
  const pay = { label: 'Pay, or change the card', href: url };
  const kept = 'Nothing of what is stored is deleted because of a payment.';
  switch (kind) {
    case 'payment_failed':
      return compose(to, `A payment for ${name} failed`, [
        `The ${facts.amount === null ? 'last invoice' : `invoice of ${facts.amount}`} for ${name} (${host}) could not be charged.${facts.nextAttemptAt ? ` It is tried again after ${toMinute(facts.nextAttemptAt)}.` : ''}`,
        ...(until
          ? [`Everything works as before until ${until}; from then on the workspace is read-only.`]
          : []),
        pay,
        kept,
      ]);
    case 'read_only_soon':
      return compose(to, `${name} will be read-only soon`, [
        `An invoice for ${name} (${host}) is still unpaid. From ${until} on the workspace is read-only: new traces are refused, and nobody can be invited.`,
        pay,
        kept,
      ]);
    case 'read_only':
      return compose(to, `${name} is read-only`, [
        `An invoice for ${name} (${host}) has been unpaid for too long. New traces are refused and nobody can be invited, until it is paid. Everything can still be read and exported.`,
        pay,
        kept,
      ]);
    case 'paid_again':
      return compose(to, `${name} is paid`, [
        `The open invoice for ${name} (${host}) is paid. The workspace works as before, on ${planName}.`,
        { label: 'See the invoices', href: url },
      ]);
    case 'ended':
      return compose(to, `The subscription of ${name} has ended`, [
        `${name} (${host}) is on ${planName} now, with what that includes. What exceeds it stays, and can be read and exported.`,
        { label: 'See the plans', href: url },
      ]);
  }
}

/** Tells an operator that the meters do not agree with what they count. `lines` are the first of `count` differences. */
export function meteringDriftMail(to: string, facts: { count: number; lines: readonly string[] }): Mail {
  const { count, lines } = facts;
  const more = count - lines.length;
  return compose(
    to,
    count === 1 ? 'Usage: a difference was found' : `Usage: ${count} differences were found`,
    [
      'The nightly reconciliation counted the last 48 hours again. These numbers are not what they should be; none was corrected by itself, but for the level of storage:',
      ...lines,
      ...(more > 0 ? [`And ${more.toLocaleString('en-US')} more.`] : []),
      'Each is told once. docs/operations.md says what to do.',
    ],
  );
}

/** Tells somebody who has just proved that an address is theirs that the password set before is gone. */
export function unprovenPasswordMail(to: string, forgotPasswordUrl: string): Mail {
  return compose(to, 'Your password was removed', [
    'You have just shown that this address is yours. The account had a password that was set before anybody had shown that, so it was removed, and every other device was signed out.',
    'If it was you who set it, choose a new one here:',
    { label: 'Choose a new password', href: forgotPasswordUrl },
    'If it was not you, there is nothing to do: whoever it was is locked out.',
  ]);
}

/** Asks a new person to show that the address is theirs. The link works for a week, newest only. */
export function verifyEmailMail(to: string, link: string): Mail {
  return compose(to, 'Confirm your e-mail address', [
    'Use this link, signed in, to confirm that this address is yours. It works once, within a week.',
    link,
    'If you have no account with us, ignore this mail: somebody has mistyped their address.',
  ]);
}

/** The link by which somebody sets a new password. It works once and for an hour. */
export function resetPasswordMail(to: string, link: string): Mail {
  return compose(to, 'Set a new password', [
    'Use this link to set a new password. It works once, within the next hour, and only the newest one does.',
    link,
    'If you did not ask for it, ignore this mail: your password stays as it is.',
  ]);
}

/** Tells a person that their password was set, and what to do if it was not by them. */
export function passwordChangedMail(to: string, facts: { resetUrl: string }): Mail {
  return compose(to, 'Your password was changed', [
    'The password of your account was changed just now, and all other sessions were signed out.',
    'If it was not you, set a new one here at once. That signs everybody out:',
    facts.resetUrl,
  ]);
}

/** Asks whoever reads a new address to confirm that it is to be the address of an account. The link works for a day. */
export function changeEmailMail(to: string, facts: { from: string; link: string }): Mail {
  return compose(to, 'Confirm your new e-mail address', [
    `Somebody signed in as ${facts.from} wants to use this address instead. If it was you, use this link, signed in. It works once, within a day.`,
    facts.link,
    'If it was not you, ignore this mail: nothing changes without the link.',
  ]);
}

/** Tells the owner of an address that somebody wanted it for another account. */
export function emailTakenMail(to: string, facts: { from: string; signInUrl: string }): Mail {
  return compose(to, 'This address already has an account', [
    `Somebody signed in as ${facts.from} wants to use this address, but it already belongs to an account of its own. Nothing has changed.`,
    'If both accounts are yours, sign in with this address instead:',
    facts.signInUrl,
  ]);
}

/** Tells a person at their present address that somebody asked for another one, and how to stop it. */
export function emailChangeRequestedMail(to: string, facts: { newEmail: string; resetUrl: string }): Mail {
  return compose(to, 'Somebody asked to change your e-mail address', [
    `Your account is about to be moved to ${facts.newEmail}. It takes effect when the link mailed there is followed.`,
    'If it was not you, set a new password here at once. That stops the change and signs everybody out:',
    facts.resetUrl,
  ]);
}

/** Tells a person at the address they have left that it is no longer the address of their account. */
export function emailChangedMail(to: string, facts: { newEmail: string; supportUrl: string }): Mail {
  return compose(to, 'Your e-mail address was changed', [
    `Your account now has the address ${facts.newEmail}. This one can no longer sign in to it.`,
    'If it was not you, tell an admin of your workspace, who can remove the account from it at once, and contact us:',
    facts.supportUrl,
  ]);
}

/** Tells a person that their second factor was turned on, turned off, or got by with a recovery code. */
export function secondFactorMail(
  to: string,
  facts: { what: 'on' | 'off' | 'recovery-code'; codesLeft?: number; accountUrl: string; resetUrl: string },
): Mail {
  const left = facts.codesLeft ?? 0;
  const [subject, sentence] = {
    on: ['Two-factor sign-in is on', 'From now on your account asks for a code of your authenticator.'],
    off: ['Two-factor sign-in is off', 'Your account no longer asks for a code of your authenticator.'],
    'recovery-code': [
      'A recovery code was used',
      `Somebody signed in to your account with a recovery code. ${left === 1 ? 'One is' : `${left} are`} left; get new ones on your account page:`,
    ],
  }[facts.what] as [string, string];
  return compose(to, subject, [
    sentence,
    ...(facts.what === 'recovery-code' ? [facts.accountUrl] : []),
    'If it was not you, set a new password here at once. That signs everybody out:',
    facts.resetUrl,
  ]);
}

/** Integer US cents as a mail shows them: $50.00. */
function toDollars(cents: number): string {
  return (cents / 100).toLocaleString('en-US', { style: 'currency', currency: 'USD' });
}

/** `2026-11-23T08:15:00.000Z` as a mail shows it. */
function toMinute(iso: string): string {
  return `${iso.slice(0, 10)}, ${iso.slice(11, 16)} UTC`;
}

/** Invites somebody into a workspace. The link works for `days` days, for this address alone. */
export function invitationMail(
  to: string,
  facts: { name: string; host: string; by: string | null; role: string; link: string; days: number },
): Mail {
  return compose(to, `Join ${facts.name} on RAG Toolkit`, [
    `${facts.by ?? 'An admin'} invites you to the workspace ${facts.name} (${facts.host}), as ${withArticle(facts.role)}.`,
    `Use this link to accept. It works for ${facts.days} days, for ${to} alone.`,
    facts.link,
    'If you do not know what this is about, ignore this mail: nothing happens until you accept.',
  ]);
}

/** Tells somebody that they are no member of a workspace any more. */
export function removedMail(to: string, facts: { name: string; host: string; by: string | null }): Mail {
  return compose(to, `You were removed from ${facts.name}`, [
    `${facts.by ?? 'An admin'} removed you from the workspace ${facts.name} (${facts.host}). You cannot open it any more, and the API keys that you made there are revoked.`,
    'Your account and your other workspaces are as they were. If you think that this is a mistake, ask an admin of the workspace to invite you again.',
  ]);
}

/** Tells somebody that their role in a workspace is another one now. */
export function roleChangedMail(
  to: string,
  facts: { name: string; host: string; by: string | null; role: string; url: string },
): Mail {
  return compose(to, `You are ${withArticle(facts.role)} of ${facts.name} now`, [
    `${facts.by ?? 'An admin'} changed your role in the workspace ${facts.name} (${facts.host}): you are ${withArticle(facts.role)} now. The API keys that you made there may do what this role may.`,
    facts.url,
  ]);
}

/** "an admin", "a viewer". */
function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}
