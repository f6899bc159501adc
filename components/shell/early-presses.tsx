import { PageAlive } from '@/components/shell/page-alive';

/**
 * Holds what is pressed or submitted while a page's scripts are still on their way, and does it once React has taken that
 * part of the page over: on a slow network a form would be posted as nobody meant it, and a button would do nothing. Links,
 * and forms that a browser can send by itself (they have an `action`), are left alone. Stands before everything in <body>,
 * since it must listen first.
 */
export function EarlyPresses({ nonce }: { nonce?: string | undefined }) {
  return (
    <>
      <script
        nonce={nonce}
        suppressHydrationWarning // browsers hide the nonce from scripts
        // biome-ignore lint/security/noDangerouslySetInnerHtml: it is the function below, and nothing else
        dangerouslySetInnerHTML={{ __html: `(${holdEarlyPresses})()` }}
      />
      <PageAlive />
    </>
  );
}

/** Runs in the browser, before any other script, as the text it is written in: it may use nothing from outside. */
function holdEarlyPresses() {
  const pressable =
    'button, [role="button"], [role="tab"], [role="switch"], [role="checkbox"], [role="radio"]';
  let pageIsAlive = false;
  let held: { element: Element; release: () => void; dimming: Animation } | undefined;

  /**
   * React leaves its own keys at each element that it makes or takes over. They come a moment before the page as a whole is
   * taken over, and what is streamed later is taken over later.
   */
  const isAlive = (element: Element) =>
    pageIsAlive && Object.keys(element).some((key) => key.startsWith('__react'));

  const hold = (event: Event, element: Element, release: () => void) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    held?.dimming.cancel();
    const dimming = element.animate({ opacity: [1, 0.5] }, { duration: 200, fill: 'forwards' });
    const isFirst = held === undefined;
    held = { element, release, dimming };
    if (isFirst && pageIsAlive) releaseWhenAlive();
  };

  const releaseWhenAlive = () => {
    if (!held) return;
    const { element, release, dimming } = held;
    if (element.isConnected && !isAlive(element)) {
      setTimeout(releaseWhenAlive, 50);
      return;
    }
    held = undefined;
    dimming.cancel();
    if (element.isConnected) release();
  };

  addEventListener(
    'ragtoolkit:alive',
    () => {
      pageIsAlive = true;
      releaseWhenAlive();
    },
    { once: true },
  );
  addEventListener(
    'submit',
    (event) => {
      const { target: form, submitter } = event;
      if (!(form instanceof HTMLFormElement) || form.hasAttribute('action') || isAlive(form)) return;
      hold(event, submitter ?? form, () => form.requestSubmit(submitter));
    },
    true,
  );
  addEventListener(
    'click',
    (event) => {
      const element = event.target instanceof Element ? event.target.closest(pressable) : null;
      if (!element || isAlive(element)) return;
      const submits = element instanceof HTMLButtonElement && element.form && element.type === 'submit';
      if (submits || element.closest('a[href]')) return;
      hold(event, element, () => {
        // Menus open when a pointer goes down, not when it comes up.
        for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']) {
          const Kind = type.startsWith('pointer') ? PointerEvent : MouseEvent;
          element.dispatchEvent(new Kind(type, { bubbles: true, cancelable: true }));
        }
      });
    },
    true,
  );
}
