/** The command of a terminal in a task: the task's own shell; else bash, which is nicer to type in, if it is there; else sh. */
export const loginShell: readonly [string, ...string[]] = [
  'sh',
  '-c',
  '[ -x "$SHELL" ] && exec "$SHELL"; command -v bash >/dev/null && exec bash; exec sh',
];
