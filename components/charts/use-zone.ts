'use client';

import { useSyncExternalStore } from 'react';
import type { Zone } from '@/components/charts/time-labels';

const subscribe = () => () => {};

/** UTC on the server and while hydrating, then the reader's own zone. */
export function useZone(): Zone {
  return useSyncExternalStore<Zone>(
    subscribe,
    () => 'local',
    () => 'utc',
  );
}
