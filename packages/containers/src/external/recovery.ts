/** What a new agent does before it takes over the external containers of an earlier one. */
import { ContainerizerContainers, checkId, idProblem } from '@meseta/protocol';
import { type Clock, isAlive } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import { type ContainerKey, containerKey } from '../container-id.ts';
import { killGroup } from './kill-group.ts';
import type { ExternalProgram } from './program.ts';
import type { StoredContainer, StoredProcess } from './store.ts';
import { pause } from './timing.ts';

const pollMs = 20;

/** What {@link endLeftProcesses} needs. */
export interface LeftProcesses {
  readonly bootId: string;
  /** How long a `launch` may take, in milliseconds. */
  readonly launchTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Ends the processes that the earlier agent left: each `wait` is killed, because there will be a new one; each `launch` is
 * waited for, because its container gets no other command before.
 */
export async function endLeftProcesses(
  stored: ReadonlyMap<ContainerKey, StoredContainer>,
  { bootId, launchTimeoutMs, clock, log }: LeftProcesses,
): Promise<void> {
  const isLeft = (process: StoredProcess | undefined) => process?.bootId === bootId && isAlive(process);
  const deadline = clock.steady() + launchTimeoutMs;
  for (const [key, { launch, wait }] of stored) {
    if (wait && isLeft(wait)) killGroup(wait.pid);
    while (launch && isLeft(launch)) {
      if (clock.steady() >= deadline) {
        log.warning('Killing a launch of an external container that an earlier agent began', { container_id: key });
        killGroup(launch.pid);
        break;
      }
      await pause(clock, pollMs);
    }
  }
}

/**
 * Lets the program recover, and returns the containers that are active.
 *
 * @throws {ExternalProgramError} the agent must not start: it could not account for what runs.
 */
export async function listContainers(
  program: ExternalProgram,
  timeoutMs: number,
  log: Logger,
): Promise<ReadonlySet<ContainerKey>> {
  await program.run({ command: 'recover', timeoutMs });
  const answer = await program.run({ command: 'containers', answer: ContainerizerContainers, timeoutMs });
  const active = new Set<ContainerKey>();
  for (const { value } of answer.containers ?? []) {
    const problem = idProblem(value);
    if (problem === undefined) active.add(containerKey({ value: checkId(value) }));
    else log.warning('Ignored a container of the external containerizer, which has an invalid id', { problem });
  }
  return active;
}
