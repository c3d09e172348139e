// A hook of your own: gives the task a greeting, and takes note of everything that happens to it.
import { appendFileSync } from 'node:fs';

export default {
  name: 'greeter',
  handle(event, task) {
    appendFileSync('events.log', `${event} ${task?.name}\n`);
    return event === 'BeforeTaskStart' ? [`GREETING=Hello, ${task.name}`] : undefined;
  },
};
