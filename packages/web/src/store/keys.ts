/** Returns the key of a task: ids contain no slash. */
export const taskKey = (frameworkId: string, taskId: string): string => `${frameworkId}/${taskId}`;
