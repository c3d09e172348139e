import type { TerminalEnd } from '@meseta/protocol';

/**
 * The codes with which the WebSocket of a terminal is closed: of the standard where there is one, else of those that are
 * free for applications.
 */
export const closeCodes = {
  exited: 1000,
  stopped: 1001,
  invalid: 1002,
  refused: 4000,
  lost: 4001,
  idle: 4002,
} as const satisfies Record<TerminalEnd['how'], number>;
