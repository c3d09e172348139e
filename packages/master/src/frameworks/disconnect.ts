/** A scheduler that goes away, for a while or for good. */
import { releasePeer } from '../authentication/framework-authentication.ts';
import type { MasterContext } from '../context.ts';
import type { Framework, SchedulerConnection } from '../state/framework.ts';
import { removeFramework } from './remove.ts';

/**
 * The scheduler's connection broke. Its tasks go on; it has `failover_timeout` to come back, by default no time at all.
 *
 * @param connection the one that broke: news of one that was replaced meanwhile are old.
 * @see Mesos src/master/master.cpp, Master::_exited
 */
export function disconnectFramework(
  context: MasterContext,
  framework: Framework,
  connection: SchedulerConnection,
): void {
  if (framework.connection !== connection) return;
  framework.connection = undefined;
  releasePeer(context, connection);
  connection.close();
  const seconds = framework.info.failover_timeout ?? 0;
  context.log.info('Framework disconnected', { framework_id: framework.id, failover_timeout_seconds: seconds });
  if (framework.active) deactivate(context, framework);
  framework.state = 'disconnected';
  framework.cancelFailover = context.clock.after(Math.max(seconds, 0) * 1000, () => {
    context.log.info('Framework did not come back in time', { framework_id: framework.id });
    void removeFramework(context, framework);
  });
}

/** A v0 driver asks for no more offers, and stays connected. */
export function deactivateFramework(context: MasterContext, framework: Framework): void {
  if (!framework.active) return;
  context.log.info('Framework deactivated', { framework_id: framework.id });
  deactivate(context, framework);
  framework.state = 'inactive';
}

/** Out of the allocation, and its offers back. */
function deactivate(context: MasterContext, framework: Framework): void {
  context.allocation.deactivateFramework(framework);
  context.offers.takeBackAll(framework, { tell: true });
}
