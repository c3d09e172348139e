import type { RegisteredContext } from './context.ts';
import { shutdownExecutor } from './executors/end.ts';
import { removeIfIdle } from './frameworks.ts';
import { settle } from './settle.ts';
import type { Framework } from './state/framework.ts';

/** Shuts down a removed framework: ends its executors and drops its updates. */
export function shutdownFramework(context: RegisteredContext, framework: Framework): void {
  if (framework.state === 'TERMINATING') return;
  context.log.info('Shutting down framework', { framework_id: framework.id });
  framework.state = 'TERMINATING';
  context.statusUpdates.forget(framework.id);
  for (const executor of [...framework.executors.values()]) {
    shutdownExecutor(context, framework, executor);
    settle(context, framework, executor); // one that ended already waits only for acknowledgements
  }
  removeIfIdle(context, framework);
}
