/**
 * The keys that detach a client from a terminal, for the engine. Its default is Ctrl-P Ctrl-Q, for which it holds back each Ctrl-P until
 * the next key. Detaching cannot be turned off, so these are eight keys that are not typed.
 */
export const noDetachKeys = Array.from({ length: 8 }, () => 'ctrl-^').join(',');
