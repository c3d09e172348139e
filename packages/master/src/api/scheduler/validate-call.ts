import type { SchedulerCall, SchedulerCallType } from '@meseta/protocol';
import { firstProblem, type Problem, type Rule } from '../../validation/rule.ts';

const UUID_BYTES = 16;

type Part = Exclude<keyof SchedulerCall, 'framework_id' | 'type'>;

const needs =
  (part: Part): Rule<SchedulerCall> =>
  call =>
    call[part] === undefined ? `Expecting '${part}' to be present` : undefined;

/** What must be in a call of each type. A type that is not here is unknown. */
const rules: Readonly<Record<SchedulerCallType, readonly Rule<SchedulerCall>[]>> = {
  UNKNOWN: [],
  SUBSCRIBE: [
    needs('subscribe'),
    call =>
      (call.subscribe?.framework_info.id?.value ?? '') === (call.framework_id?.value ?? '')
        ? undefined
        : "'framework_id' differs from 'subscribe.framework_info.id'",
  ],
  TEARDOWN: [],
  ACCEPT: [needs('accept')],
  DECLINE: [needs('decline')],
  ACCEPT_INVERSE_OFFERS: [needs('accept_inverse_offers')],
  DECLINE_INVERSE_OFFERS: [needs('decline_inverse_offers')],
  REVIVE: [],
  SUPPRESS: [],
  KILL: [
    needs('kill'),
    call =>
      (call.kill?.kill_policy?.grace_period?.nanoseconds ?? 0) < 0
        ? "Expecting 'kill.kill_policy.grace_period' to be non-negative"
        : undefined,
  ],
  SHUTDOWN: [needs('shutdown')],
  ACKNOWLEDGE: [needs('acknowledge'), call => uuidProblem('acknowledge', call.acknowledge?.uuid)],
  ACKNOWLEDGE_OPERATION_STATUS: [
    needs('acknowledge_operation_status'),
    call => uuidProblem('acknowledge_operation_status', call.acknowledge_operation_status?.uuid),
    call =>
      call.acknowledge_operation_status?.agent_id === undefined ? "Expecting 'agent_id' to be present" : undefined,
  ],
  RECONCILE: [needs('reconcile')],
  RECONCILE_OPERATIONS: [needs('reconcile_operations')],
  MESSAGE: [needs('message')],
  REQUEST: [needs('request')],
  UPDATE_FRAMEWORK: [
    needs('update_framework'),
    call =>
      call.update_framework?.framework_info.id?.value === call.framework_id?.value
        ? undefined
        : "'framework_id' differs from 'update_framework.framework_info.id'",
  ],
};

/**
 * Returns what is wrong with a scheduler's call, before its sender is checked.
 *
 * @param principal the authenticated principal, if any; SUBSCRIBE must not name another one.
 * @see Mesos src/master/validation.cpp, scheduler::call::validate
 */
export function callProblem(call: SchedulerCall, principal: string | undefined): Problem {
  if (call.type === undefined) return "Expecting 'type' to be present";
  if (call.type !== 'SUBSCRIBE' && call.framework_id === undefined) return "Expecting 'framework_id' to be present";
  return firstProblem(rules[call.type], call) ?? principalProblem(call, principal);
}

function principalProblem({ subscribe }: SchedulerCall, principal: string | undefined): Problem {
  const claimed = subscribe?.framework_info.principal;
  if (principal === undefined || claimed === undefined || claimed === principal) return undefined;
  return `Authenticated principal '${principal}' does not match principal '${claimed}' set in \`FrameworkInfo\``;
}

function uuidProblem(part: Part, uuid = ''): Problem {
  if (Buffer.byteLength(uuid, 'base64') === UUID_BYTES) return undefined;
  return `Not a valid UUID: '${part}.uuid' must be ${UUID_BYTES} bytes, in base64`;
}
