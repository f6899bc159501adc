'use client';

import { useEffect } from 'react';

/** Says at `window`, once, that React has taken the page over: see `EarlyPresses`. */
export function PageAlive() {
  useEffect(() => {
    window.dispatchEvent(new Event('ragtoolkit:alive'));
  }, []);
  return null;
}
