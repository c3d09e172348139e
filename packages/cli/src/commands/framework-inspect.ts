import { command, UsageError } from '../command.ts';
import { findFramework } from '../find-framework.ts';
import { clusterOptions, withMaster } from '../master-option.ts';
import { write } from '../output.ts';

export default command({
  name: 'framework inspect',
  summary: 'Print everything that is known of frameworks, as JSON',
  arguments: 'FRAMEWORK …',
  options: { master: clusterOptions.master, json: { ...clusterOptions.json, help: 'Print JSON, as it does anyway' } },
  notes: `FRAMEWORK is the id of a framework, a part of it, or its name. Prints an array with the master's own message of each
framework and, beside it, its 'tasks' and 'executors'.`,
  run: ({ master }, words) => {
    if (words.length === 0) throw new UsageError('Which framework? Give its id or name');
    return withMaster(master, async client => {
      const tasks = (await client.call({ type: 'GET_TASKS' }))?.get_tasks?.tasks ?? [];
      const executors = (await client.call({ type: 'GET_EXECUTORS' }))?.get_executors?.executors ?? [];
      const found = [];
      for (const word of words) {
        const framework = await findFramework(client, word);
        const { id } = framework.framework_info;
        found.push({
          ...framework,
          tasks: tasks.filter(({ framework_id }) => framework_id.value === id?.value),
          executors: executors.filter(({ executor_info }) => executor_info.framework_id?.value === id?.value),
        });
      }
      await write('stdout', `${JSON.stringify(found, null, 2)}\n`);
      return 0;
    });
  },
});
