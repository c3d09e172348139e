/** Returns the key of a task: ids contain no slash. */
export const taskKey = (frameworkId: string, taskId: string): string => `${frameworkId}/${taskId}`;

/** Returns the id of the task that has a key. */
export const idOfTaskKey = (key: string): string => key.slice(key.indexOf('/') + 1);

/** How many events are kept. Of more, the oldest are forgotten. */
export const KEPT_EVENTS = 10_000;
