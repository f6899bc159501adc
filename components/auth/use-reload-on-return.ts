'use client';

import { useEffect } from 'react';

/** Loads the page anew when the Back button brings it up as it was left, in the middle of "Signing in…". */
export function useReloadOnReturn(): void {
  useEffect(() => {
    const onShow = (event: PageTransitionEvent) => {
      if (event.persisted) window.location.reload();
    };
    window.addEventListener('pageshow', onShow);
    return () => window.removeEventListener('pageshow', onShow);
  }, []);
}
