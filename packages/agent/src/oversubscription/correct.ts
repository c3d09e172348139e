import type { QoSCorrection } from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import { destroyExecutor } from '../executors/end.ts';
import type { Executor } from '../state/executor.ts';

/** Carries out a correction of a QoS controller. One that cannot be is logged. */
export function correct(context: RegisteredContext, correction: QoSCorrection): void {
  const { agent, log, metrics } = context;
  const { framework_id, executor_id, container_id } = correction.kill ?? {};
  const ids = { framework_id: framework_id?.value, executor_id: executor_id?.value, container_id: container_id?.value };
  const framework = agent.frameworks.get(framework_id?.value ?? '');
  const executor = framework?.executors.get(executor_id?.value ?? '');
  const problem = problemOf(correction, framework?.state, executor);
  if (problem !== undefined || !framework || !executor) {
    log.warning(`Ignored a correction of the QoS controller: ${problem}`, ids);
    return;
  }
  log.info('Ending an executor as the QoS controller requires', { ...ids, container_id: executor.containerId });
  metrics.counter('slave/executors_preempted').increment();
  destroyExecutor(context, executor, {
    state: framework.has('PARTITION_AWARE') ? 'TASK_GONE' : 'TASK_LOST',
    reason: 'REASON_CONTAINER_PREEMPTED',
    message: 'Container preempted by QoS correction',
  });
}

function problemOf(
  { type, kill }: QoSCorrection,
  frameworkState: string | undefined,
  executor: Executor | undefined,
): string | undefined {
  if (type !== 'KILL') return `its type ${type} is not known`;
  if (kill?.framework_id === undefined) return 'it names no framework';
  if (kill.executor_id === undefined) return 'it names no executor';
  if (frameworkState === undefined) return 'the framework is not here';
  if (frameworkState === 'TERMINATING') return 'the framework is being shut down';
  if (!executor) return 'the executor is not here';
  if (kill.container_id && kill.container_id.value !== executor.containerId)
    return 'the executor has another container';
  if (executor.state === 'REGISTERING' || executor.state === 'RUNNING') return undefined;
  return 'the executor is ending already';
}
