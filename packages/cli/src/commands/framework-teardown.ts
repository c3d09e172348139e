import { isTerminal } from '@meseta/protocol';
import { counted } from '../cluster-agents.ts';
import { command, UsageError } from '../command.ts';
import { confirm, confirmOptions } from '../confirm.ts';
import { findFramework } from '../find-framework.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';

export default command({
  name: 'framework teardown',
  summary: 'Remove a framework: all it runs is killed, and it cannot come back under its id',
  arguments: 'FRAMEWORK',
  options: { ...clusterOptions, ...confirmOptions },
  notes: 'FRAMEWORK is the id of a framework, a part of it, or its name. Prints the id.',
  run: ({ master, json, yes }, [word, ...others]) => {
    if (word === undefined || others.length > 0) throw new UsageError('Which framework? Give one id or name');
    return withMaster(master, async client => {
      const { framework_info } = await findFramework(client, word);
      const id = framework_info.id?.value ?? '';
      const tasks = (await client.call({ type: 'GET_TASKS' }))?.get_tasks?.tasks ?? [];
      const own = tasks.filter(({ framework_id, state }) => framework_id.value === id && !isTerminal(state));
      await confirm(yes, `Tearing down framework ${framework_info.name} (${id}) kills ${counted(own.length, 'task')}`);
      await client.call({ type: 'TEARDOWN', teardown: { framework_id: { value: id } } });
      await write('stdout', `${json ? JSON.stringify({ framework_id: id }) : id}\n`);
      return 0;
    });
  },
});
