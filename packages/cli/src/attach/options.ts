import type { Option } from '../option.ts';

/** Options of commands that run something in a task. */
export const executionOptions = {
  env: {
    type: 'string',
    short: 'e',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'A variable of its environment; again for more',
  },
  user: { type: 'string', short: 'u', value: 'USER', help: "Run it as this user (default the task's)" },
  framework: { type: 'string', value: 'ID', help: 'The framework, where several have such a task' },
} as const satisfies Record<string, Option>;

/** The option of commands that connect to a terminal. */
export const detachOption = {
  'detach-keys': {
    type: 'string',
    value: 'KEYS',
    help: 'Keys that end the connection, such as ctrl-a,x (default ctrl-p,ctrl-q)',
  },
} as const satisfies Record<string, Option>;
