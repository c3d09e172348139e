/** The parts of the master that face frameworks and operators: what each adds to a master that starts. */
import type { Route } from '@meseta/process';
import { installDriverMessages } from './api/driver/driver-messages.ts';
import { schedulerRoute } from './api/scheduler/endpoint.ts';
import type { MasterContext } from './context.ts';

/** The routes of the actor `master`. */
export function masterRoutes(context: MasterContext): Route[] {
  return [schedulerRoute(context)];
}

/** Installs the handlers of libprocess messages, those of agents excepted. */
export function installMessages(context: MasterContext): void {
  installDriverMessages(context);
}

/** Adds who observes the cluster from its beginning: metrics, event streams. */
export function observe(_context: MasterContext): void {}
