/** How a test card behaves when it is charged. */
type Behaviour =
  | { kind: 'ok' }
  /** Neither charged nor attached to anybody. */
  | { kind: 'declined'; code: string; declineCode: string; message: string }
  /** Is attached, and declined when it is charged while its owner is away. */
  | { kind: 'declined_later' }
  /** Its owner proves once that it is theirs. */
  | { kind: 'authenticate_once' }
  /** Its owner proves each time that it is theirs. */
  | { kind: 'authenticate_always' };

export type TestCard = { number: string; brand: string; token: string; behaviour: Behaviour };

const declined = (code: string, declineCode: string, message: string): Behaviour => ({
  kind: 'declined',
  code,
  declineCode,
  message,
});

/** Stripe's test cards, by what the product needs of them. Any other number is refused: no real card is ever kept. */
export const testCards: readonly TestCard[] = [
  { number: '4242424242424242', brand: 'visa', token: 'pm_card_visa', behaviour: { kind: 'ok' } },
  { number: '5555555555554444', brand: 'mastercard', token: 'pm_card_mastercard', behaviour: { kind: 'ok' } },
  { number: '378282246310005', brand: 'amex', token: 'pm_card_amex', behaviour: { kind: 'ok' } },
  {
    number: '4000000000000002',
    brand: 'visa',
    token: 'pm_card_chargeDeclined',
    behaviour: declined('card_declined', 'generic_decline', 'Your card was declined.'),
  },
  {
    number: '4000000000009995',
    brand: 'visa',
    token: 'pm_card_chargeDeclinedInsufficientFunds',
    behaviour: declined('card_declined', 'insufficient_funds', 'Your card has insufficient funds.'),
  },
  {
    number: '4000000000000069',
    brand: 'visa',
    token: 'pm_card_chargeDeclinedExpiredCard',
    behaviour: declined('expired_card', 'expired_card', 'Your card has expired.'),
  },
  {
    number: '4000000000000127',
    brand: 'visa',
    token: 'pm_card_chargeDeclinedIncorrectCvc',
    behaviour: declined('incorrect_cvc', 'incorrect_cvc', "Your card's security code is incorrect."),
  },
  {
    number: '4000000000000341',
    brand: 'visa',
    token: 'pm_card_chargeCustomerFail',
    behaviour: { kind: 'declined_later' },
  },
  {
    number: '4000002500003155',
    brand: 'visa',
    token: 'pm_card_authenticationRequiredOnSetup',
    behaviour: { kind: 'authenticate_once' },
  },
  // As it is often copied, with the first half of the card below.
  {
    number: '4000002760003155',
    brand: 'visa',
    token: 'pm_card_authenticationRequiredSetupForOffSession',
    behaviour: { kind: 'authenticate_once' },
  },
  {
    number: '4000002760003184',
    brand: 'visa',
    token: 'pm_card_authenticationRequired',
    behaviour: { kind: 'authenticate_always' },
  },
];

/** The test card with this number, whatever stands between its digits. */
export function cardByNumber(number: string): TestCard | undefined {
  const digits = number.replace(/[\s-]/g, '');
  return testCards.find((card) => card.number === digits);
}
