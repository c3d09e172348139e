import { loginShell } from '@meseta/scheduler';
import { defaultDetachKeys, parseDetachKeys } from '../attach/detach-keys.ts';
import { execute } from '../attach/execute.ts';
import { detachOption, executionOptions } from '../attach/options.ts';
import { command, UsageError } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';

export default command({
  name: 'task shell',
  summary: 'Open a shell in the container of a task',
  arguments: 'TASK',
  options: { ...executionOptions, ...detachOption, master: clusterOptions.master },
  notes:
    "The shell is $SHELL of the task's environment, else bash or sh. It ends with this command, and with the task.",
  run: (values, [task, extra]) => {
    if (task === undefined) throw new UsageError('Which task? Give its id');
    if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'; 'meseta task exec' runs a command`);
    const detachKeys = parseDetachKeys(values['detach-keys'] ?? defaultDetachKeys);
    return withMaster(values.master, master =>
      execute(master, {
        ...{ task, framework: values.framework, argv: loginShell, environment: values.env ?? [] },
        ...{ detachKeys, interactive: true, terminal: process.stdin.isTTY === true, user: values.user },
      }),
    );
  },
});
