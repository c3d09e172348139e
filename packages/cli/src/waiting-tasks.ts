/** Tasks that the master was asked to run and that wait for resources. */
import type { MasterClient } from '@meseta/scheduler';

/** A task of `/tasks/waiting`. */
export interface WaitingTask {
  readonly framework_id: string;
  readonly task_id: string;
  readonly role: string;
  readonly resources: Readonly<Record<string, number>>;
  readonly state: 'WAITING' | 'LAUNCHING' | 'TIMED_OUT' | 'REFUSED' | 'CANCELLED';
  /** Seconds since the epoch. */
  readonly since: number;
  readonly until: number;
  readonly message?: string;
}

/** Returns the tasks that are not launched. @param taskId only that one. */
export async function notLaunched({ http }: MasterClient, taskId?: string): Promise<readonly WaitingTask[]> {
  const query = taskId === undefined ? '' : `?task_id=${encodeURIComponent(taskId)}`;
  return (await http.get(`/tasks/waiting${query}`)) as readonly WaitingTask[];
}
