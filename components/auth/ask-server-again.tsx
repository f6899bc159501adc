'use client';

import { useEffect } from 'react';

/**
 * Loads the page anew when it was come to by a click. A refusal's page is sent along with the page before it, so it tells
 * how things stood then: who was removed from the workspace meanwhile would read that their role does not allow it.
 */
export function AskServerAgain() {
  useEffect(() => {
    // The document's own address is what was last loaded from the server: a page of that address is fresh.
    const [loaded] = performance.getEntriesByType('navigation');
    if (loaded && withoutHash(loaded.name) !== withoutHash(window.location.href)) window.location.reload();
  }, []);
  return null;
}

function withoutHash(address: string): string {
  return address.split('#', 1)[0] ?? address;
}
