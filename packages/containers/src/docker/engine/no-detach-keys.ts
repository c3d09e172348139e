/**
 * Keys after which an engine lets go of whoever types on a terminal. Without this, those are Ctrl-P and Ctrl-Q, and a Ctrl-P is held back
 * until the next key. There is no way to have none, so these are eight that nobody types.
 */
export const noDetachKeys = Array.from({ length: 8 }, () => 'ctrl-^').join(',');
