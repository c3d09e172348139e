import { defaultDetachKeys, parseDetachKeys } from '../attach/detach-keys.ts';
import { execute } from '../attach/execute.ts';
import { detachOption, executionOptions } from '../attach/options.ts';
import { command, UsageError } from '../command.ts';
import { clusterOptions, withMaster } from '../master-option.ts';

export default command({
  name: 'task exec',
  summary: 'Run a command in the container of a task',
  arguments: 'TASK -- COMMAND [ARGUMENT …]',
  options: {
    interactive: { type: 'boolean', short: 'i', help: 'Pass standard input on' },
    tty: { type: 'boolean', short: 't', help: 'Give the command a terminal; with -i, it is this one' },
    ...executionOptions,
    ...detachOption,
    master: clusterOptions.master,
  },
  takesCommand: true,
  commandIsSecond: true,
  notes: `
The command has the user, the environment, the directory and the namespaces of the task. It ends with this command, and with
the task. The exit code is its own, or 128 and the number of the signal that ended it; 126 when it cannot be executed, 127 when
it is not found. Without -t, Ctrl-C ends it.`,
  run: (values, [task, ...argv]) => {
    if (task === undefined) throw new UsageError('Which task? Give its id');
    const [file, ...more] = argv;
    if (file === undefined) throw new UsageError(`Which command is to run in ${task}?`);
    const detachKeys = parseDetachKeys(values['detach-keys'] ?? defaultDetachKeys);
    return withMaster(values.master, master =>
      execute(master, {
        ...{ task, framework: values.framework, argv: [file, ...more], environment: values.env ?? [], detachKeys },
        ...{ interactive: values.interactive ?? false, terminal: values.tty ?? false, user: values.user },
      }),
    );
  },
});
