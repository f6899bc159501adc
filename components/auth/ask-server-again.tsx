'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';

const subscribe = () => () => {};

/**
 * Loads the page anew when it was come to by a click. A refusal's page is sent along with the page before it, so it tells
 * how things stood then: who was removed from the workspace meanwhile would read that their role does not allow it.
 */
export function AskServerAgain() {
  const inBrowser = useSyncExternalStore(
    subscribe,
    () => true,
    () => false,
  );
  // What the server has sent as the document itself begins as the server's rendering; it is fresh.
  const [byClick] = useState(inBrowser);
  useEffect(() => {
    if (byClick) window.location.reload();
  }, [byClick]);
  return null;
}
