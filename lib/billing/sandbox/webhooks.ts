import { createHmac } from 'node:crypto';
import type { Box } from './box';
import { DEFAULT_ENDPOINT } from './box';
import { presentEvent } from './present';
import type { Delivery } from './tables';

/** After a failed attempt, in milliseconds: soon at first, so that a restart of the app is bridged; given up after the last. */
const RETRY_AFTER = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000];
const TIMEOUT = 10_000;
const AT_ONCE = 4;

/** The header that proves where a webhook comes from: HMAC-SHA-256 of `<time>.<body>`, as Stripe's scheme v1 has it. */
export function signatureHeader(body: string, secret: string, at: number): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}

type Target = { url: string; secret: string };

/** Carries events to their endpoints: signed, several at once, again after a failure. No order is promised, as Stripe promises none. */
export class Courier {
  private readonly underWay = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private isClosed = false;
  private readonly aborter = new AbortController();

  constructor(
    private readonly box: Box,
    private readonly defaultTarget: () => Target | null,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Looks for what is due. Cheap to call often. */
  wake = (): void => {
    if (this.isClosed) return;
    // After this turn: what is being written now is committed by then.
    setImmediate(() => this.dispatch());
  };

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer) clearTimeout(this.timer);
    this.aborter.abort();
    while (this.underWay.size > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  private dispatch(): void {
    if (this.isClosed) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const now = this.box.realNow();
    const waiting = this.box.store
      .where(
        'deliveries',
        ({ status, nextAt, id }) => status === 'pending' && nextAt !== null && !this.underWay.has(id),
      )
      .sort((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0));
    for (const delivery of waiting) {
      if (this.underWay.size >= AT_ONCE) return;
      if ((delivery.nextAt ?? 0) > now) break;
      this.underWay.add(delivery.id);
      this.deliver(delivery)
        .catch(this.onError)
        .finally(() => {
          this.underWay.delete(delivery.id);
          this.wake();
        });
    }
    const next = waiting.find(({ nextAt }) => (nextAt ?? 0) > now)?.nextAt;
    if (next) {
      this.timer = setTimeout(() => this.dispatch(), Math.min(next - now, 60_000));
      this.timer.unref();
    }
  }

  private async deliver(delivery: Delivery): Promise<void> {
    const { box } = this;
    // What the event tells of must be stored before anybody hears of it.
    await box.store.flushed();
    if (this.isClosed) return;
    const event = box.store.get('events', delivery.event);
    const target = this.targetOf(delivery);
    if (!event || !target) return this.settle(delivery, 'dropped', 'nobody to tell');
    const fault =
      delivery.attempts === 0
        ? box.faults.take('webhook', ({ type }) => type === undefined || type === event.type)
        : undefined;
    if (fault?.effect === 'drop') return this.settle(delivery, 'dropped', 'a fault');
    if (fault?.effect === 'delay' || fault?.effect === 'reorder') {
      const later = { ...delivery, attempts: 1, nextAt: box.realNow() + fault.ms };
      return this.write(later);
    }
    const body = JSON.stringify({ ...presentEvent(box, event), pending_webhooks: 1 }, null, 2);
    const answers = [await this.post(target, body)];
    if (fault?.effect === 'duplicate') answers.push(await this.post(target, body));
    if (this.isClosed) return;
    const [answer] = answers;
    if (answer?.isOk) return this.settle(delivery, 'delivered', answer.text);
    const wait = RETRY_AFTER[delivery.attempts];
    if (wait === undefined) return this.settle(delivery, 'failed', answer?.text ?? '');
    this.write({
      ...delivery,
      attempts: delivery.attempts + 1,
      nextAt: box.realNow() + wait,
      lastAnswer: answer?.text ?? null,
    });
  }

  private async post({ url, secret }: Target, body: string): Promise<{ isOk: boolean; text: string }> {
    const at = Math.floor(this.box.realNow() / 1_000);
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (sandbox of RAG Toolkit; no real money moves)',
          'stripe-signature': signatureHeader(body, secret, at),
        },
        body,
        signal: AbortSignal.any([this.aborter.signal, AbortSignal.timeout(TIMEOUT)]),
      });
      await response.body?.cancel();
      return { isOk: response.ok, text: `HTTP ${response.status}` };
    } catch (error) {
      return { isOk: false, text: error instanceof Error ? error.message : String(error) };
    }
  }

  private targetOf({ endpoint }: Delivery): Target | null {
    if (endpoint === DEFAULT_ENDPOINT) return this.defaultTarget();
    const made = this.box.store.get('webhook_endpoints', endpoint);
    return made?.secret ? { url: made.url, secret: made.secret } : null;
  }

  private settle(delivery: Delivery, status: Delivery['status'], answer: string): void {
    this.write({ ...delivery, attempts: delivery.attempts + 1, nextAt: null, status, lastAnswer: answer });
    const event = this.box.store.get('events', delivery.event);
    if (!event) return;
    const left = Math.max(0, event.pending_webhooks - 1);
    this.box.store.transaction(() => this.box.store.put('events', { ...event, pending_webhooks: left }));
  }

  private write(delivery: Delivery): void {
    this.box.store.transaction(() => this.box.store.put('deliveries', delivery));
  }
}
