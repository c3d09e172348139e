import { statsCommand } from './task-stats.ts';

export default statsCommand({
  name: 'top',
  summary: 'Show what the tasks of the cluster use, live, those that use most first',
  sort: 'cpu',
});
