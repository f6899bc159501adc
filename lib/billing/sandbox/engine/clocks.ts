import type { Box } from '../box';
export function startClocks(_box: Box, _onError: (error: unknown) => void) {
  return { wake: () => {}, close: async () => {} };
}
