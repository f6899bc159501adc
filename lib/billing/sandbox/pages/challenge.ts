import { type Box, now } from '../box';
import type { Challenge } from '../tables';
import { newObjectId } from '../wire';
import { cardName } from './format';
import { html } from './html';
import { nothing, type PageAnswer, toPage } from './layout';

/** Asks the owner of a card to prove that it is theirs; answers with the page to go to. Only inside of a transaction. */
export function startChallenge(box: Box, method: string, purpose: Challenge['for']): string {
  const id = newObjectId('3ds', 32);
  box.store.put('challenges', { id, created: now(box), paymentMethod: method, for: purpose });
  return `/3ds/${id}`;
}

/** The page of the bank, so to speak. */
export function showChallenge(box: Box, id: string): PageAnswer {
  const challenge = box.store.get('challenges', id);
  const method = challenge && box.store.get('payment_methods', challenge.paymentMethod);
  if (!method) return nothing('This request to authenticate is over.');
  return toPage({
    title: 'Authenticate',
    isNarrow: true,
    body: html`<div class="card">
<h1>Is this you?</h1>
<p class="muted">The bank of ${cardName(method)} asks you to confirm. With a real card, this page would be your bank’s.</p>
<form method="post" class="actions">
<button class="primary" name="action" value="approve">Approve</button>
<button name="action" value="fail">Fail</button>
</form>
</div>`,
  });
}

/** Takes a challenge away, and answers with what it was for. It can be answered once. */
export function takeChallenge(box: Box, id: string): Challenge | undefined {
  return box.store.transaction(() => {
    const challenge = box.store.get('challenges', id);
    if (challenge) box.store.remove('challenges', id);
    return challenge;
  });
}
