import { runExecutor } from '@meseta/executor';
import type { Command } from '../command.ts';

const notes = `An agent starts it as a framework's custom executor; settings come from the environment (docs/executor.md).
The task's command follows: 'meseta executor -- COMMAND', or is each task's own in a task group.`;

export default {
  name: 'executor',
  summary: 'Run one task, or task groups, for an agent, with hooks and log scraping',
  arguments: '[-debug] [--] [COMMAND …]',
  options: {},
  notes,
  run: argv => runExecutor([process.argv[1] ?? 'meseta', 'executor'], argv, process.env),
} satisfies Command;
