import { isDeepStrictEqual } from 'node:util';
import { commandProblem, containerProblem } from '@meseta/daemon';
import { type ExecutorInfo, idProblem } from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Agent } from '../../state/agent.ts';
import type { Framework } from '../../state/framework.ts';
import { firstProblem, type Problem, prefixed, type Rule } from '../../validation/rule.ts';
import { claimProblem } from './resources.ts';

/** Below these an executor is warned about, and refused in a task group. */
export const minimumCpus = 0.01;
/** The memory, in MB, below which an executor is warned about, and refused in a task group. */
export const minimumMegabytes = 32;

/** An executor on its way to an agent. */
export interface ExecutorSubject {
  readonly executor: ExecutorInfo;
  readonly framework: Framework;
  readonly agent: Agent;
}

const typeProblem: Rule<ExecutorInfo> = ({ type, command, container }) => {
  switch (type ?? 'CUSTOM') {
    case 'DEFAULT':
      if (command !== undefined) return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor";
      if (container !== undefined && container.type !== 'MESOS') {
        return "'ExecutorInfo.container.type' must be 'MESOS' for 'DEFAULT' executor";
      }
      return container?.mesos?.image && "'ExecutorInfo.container.mesos.image' must not be set for 'DEFAULT' executor";
    case 'CUSTOM':
      return command === undefined ? "'ExecutorInfo.command' must be set for 'CUSTOM' executor" : undefined;
    default:
      return undefined;
  }
};

const executorIdProblem: Rule<ExecutorInfo> = ({ executor_id }) => idProblem(executor_id.value);

const gracePeriodProblem: Rule<ExecutorInfo> = ({ shutdown_grace_period }) =>
  (shutdown_grace_period?.nanoseconds ?? 0) < 0
    ? "ExecutorInfo's 'shutdown_grace_period' must be non-negative"
    : undefined;

const executorCommandProblem: Rule<ExecutorInfo> = ({ command }) =>
  command && prefixed("Executor's `CommandInfo` is invalid: ", commandProblem(command));

const executorContainerProblem: Rule<ExecutorInfo> = ({ container }) =>
  container && prefixed("Executor's `ContainerInfo` is invalid: ", containerProblem(container));

/** Rules for an executor by itself. */
export const executorInfoRules: readonly Rule<ExecutorInfo>[] = [
  typeProblem,
  executorIdProblem,
  gracePeriodProblem,
  executorCommandProblem,
  executorContainerProblem,
];

const frameworkIdProblem: Rule<ExecutorSubject> = ({ executor, framework }) => {
  if (executor.framework_id === undefined) return "'ExecutorInfo.framework_id' must be set";
  const { value } = executor.framework_id;
  if (value === framework.id) return undefined;
  return `ExecutorInfo has an invalid FrameworkID (Actual: ${value} vs Expected: ${framework.id})`;
};

const executorResourcesProblem: Rule<ExecutorSubject> = ({ executor }) =>
  claimProblem(executor.resources ?? [], {
    invalid: 'Executor uses invalid resources: ',
    duplicate: 'Executor uses duplicate persistence ID: ',
    roles: 'Invalid executor resources: ',
    mixed: 'Executor mixes revocable and non-revocable resources: ',
  });

const compatibilityProblem: Rule<ExecutorSubject> = ({ executor, framework, agent }) => {
  const running = agent.executor(framework.id, executor.executor_id.value);
  if (running === undefined || sameExecutor(running, executor)) return undefined;
  const line = '-'.repeat(60);
  return (
    `ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID.\n${line}\n` +
    `Existing ExecutorInfo:\n${JSON.stringify(running, null, 2)}\n${line}\n` +
    `ExecutorInfo:\n${JSON.stringify(executor, null, 2)}\n${line}\n`
  );
};

/** Rules for an executor of a framework on an agent, after those of the executor by itself. */
const executorRules: readonly Rule<ExecutorSubject>[] = [
  ({ executor }) => firstProblem(executorInfoRules, executor),
  frameworkIdProblem,
  executorResourcesProblem,
  compatibilityProblem,
];

/** @see Mesos src/master/validation.cpp, executor::internal::validate */
export function executorProblem(subject: ExecutorSubject): Problem {
  return firstProblem(executorRules, subject);
}

/** Tells whether two descriptions mean the same executor: URIs, variables and resources may come in any order. */
export function sameExecutor(a: ExecutorInfo, b: ExecutorInfo): boolean {
  if (a === b || JSON.stringify(a) === JSON.stringify(b)) return true;
  return Resources.of(a.resources).equals(Resources.of(b.resources)) && isDeepStrictEqual(inOrder(a), inOrder(b));
}

function inOrder({ resources: _, type, command, ...rest }: ExecutorInfo): unknown {
  const variables = sorted(command?.environment?.variables);
  return {
    ...rest,
    type: type ?? 'CUSTOM',
    command: command && { ...command, uris: sorted(command.uris), environment: variables },
  };
}

const sorted = (list: readonly unknown[] | undefined): string[] => (list ?? []).map(e => JSON.stringify(e)).sort();
