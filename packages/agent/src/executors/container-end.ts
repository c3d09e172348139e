import type { ExecutorInfo, FrameworkInfo } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { Executor } from '../state/executor.ts';

/**
 * Destroys an executor's container, and then calls hooks for the executor's end. Works once, and never rejects.
 * Resolves when both are done; only then the executor may be settled.
 *
 * @param info the description of the executor for hooks.
 */
export function endContainer(
  context: RegisteredContext,
  framework: FrameworkInfo,
  executor: Executor,
  info: ExecutorInfo,
): Promise<void> {
  executor.containerEnd ??= end(context, framework, executor, info).finally(() => {
    executor.containerOver.resolve();
    executor.isEndOver = true;
  });
  return executor.containerEnd;
}

async function end(
  { containerizer, hooks, log }: RegisteredContext,
  framework: FrameworkInfo,
  { container, id }: Executor,
  info: ExecutorInfo,
): Promise<void> {
  try {
    await containerizer.destroy(container);
    if (hooks.has('slaveRemoveExecutorHook')) await hooks.slaveRemoveExecutorHook(framework, info);
  } catch (error) {
    log.error('Failed to end a container', { error, executor_id: id, container_id: container.value });
  }
}
