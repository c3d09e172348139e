import { isDeepStrictEqual } from 'node:util';
import { settled } from '@meseta/daemon';
import { UpdateFrameworkMessage } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Framework } from '../state/framework.ts';
import type { Problem } from '../validation/rule.ts';
import { prefixed } from '../validation/rule.ts';
import { admissionProblem, type FrameworkRequest, optionsProblem } from './admission.ts';
import { type AskToRegister, authorizationProblem } from './authorize.ts';
import { broadcast } from './broadcast.ts';
import { infoUpdateProblem } from './framework-info.ts';

/** Why a framework was not updated, with the code that says so over HTTP. */
export interface UpdateRefusal {
  readonly code: 'CALL_INVALID' | 'NOT_AUTHORIZED';
  readonly problem: string;
}

/**
 * Handles UPDATE_FRAMEWORK: a subscribed framework changes its FrameworkInfo.
 *
 * @returns what is wrong; then nothing has changed. Immediately unless the authorization has to be awaited.
 * @see Mesos src/master/master.cpp, Master::updateFramework
 */
export function updateFramework(
  context: MasterContext,
  framework: Framework,
  request: FrameworkRequest,
  ask: AskToRegister,
): UpdateRefusal | undefined | Promise<UpdateRefusal | undefined> {
  const invalid = updateProblem(context, framework, request);
  if (invalid !== undefined) return { code: 'CALL_INVALID', problem: invalid };
  return settled(authorizationProblem(ask, request.info), unauthorized => {
    if (unauthorized !== undefined) return { code: 'NOT_AUTHORIZED', problem: unauthorized };
    const gone = context.cluster.frameworks.get(framework.id) !== framework;
    const problem = gone ? 'Framework has been removed' : updateProblem(context, framework, request);
    if (problem !== undefined) return { code: 'CALL_INVALID', problem };
    const old = framework.info;
    applyRequest(context, framework, request);
    if (!isDeepStrictEqual(old, framework.info)) announceFramework(context, framework);
    return undefined;
  });
}

function updateProblem(context: MasterContext, framework: Framework, request: FrameworkRequest): Problem {
  return (
    prefixed('Supplied FrameworkInfo is not valid: ', admissionProblem(context, request.info)) ??
    prefixed('FrameworkInfo update is not valid: ', infoUpdateProblem(framework.info, request.info)) ??
    prefixed("'UpdateFramework' call is not valid: ", optionsProblem(context, request))
  );
}

/** Takes over info and options, which are valid. Offers in roles it has left are rescinded. */
export function applyRequest(context: MasterContext, framework: Framework, request: FrameworkRequest): void {
  framework.updateInfo(request.info);
  framework.suppressedRoles = new Set(request.suppressedRoles);
  framework.offerConstraints = request.offerConstraints;
  context.allocation.updateFramework(framework);
  const roles = new Set(framework.roles);
  for (const offer of [...framework.offers.values()]) if (!roles.has(offer.role)) context.offers.rescind(offer);
}

/** Tells observers and all agents of a framework's new info and scheduler. */
export function announceFramework(context: MasterContext, framework: Framework): void {
  context.cluster.frameworkChanged(framework);
  const message: UpdateFrameworkMessage = {
    framework_id: { value: framework.id },
    framework_info: framework.info,
    pid: framework.connection?.pid ?? '',
  };
  broadcast(context, UpdateFrameworkMessage, message);
}
