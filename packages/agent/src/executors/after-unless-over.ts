import type { RegisteredContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';

/**
 * Does something later, unless the end of the executor's container is over by then: a timer that waited on would keep an
 * executor that has ended in memory for up to a minute.
 */
export function afterUnlessOver({ clock }: RegisteredContext, executor: Executor, ms: number, act: () => void): void {
  const cancel = clock.after(ms, act);
  void executor.containerOver.promise.then(cancel);
}
