/** The labels by which an agent knows its own containers, also on an engine that it shares with other agents. */
import { type ContainerId, containerKey } from '../container-id.ts';

/** The labels' names. */
export const labelNames = {
  /** Identifies the agent's work directory. */
  workDirectory: 'meseta.work_dir',
  agent: 'meseta.agent_id',
  container: 'meseta.container_id',
  /** `task` or `executor`. */
  kind: 'meseta.kind',
} as const;

/** Returns the labels of a container. @param identity of the work directory. @param agentId undefined: not known. */
export function labelsOf(
  id: ContainerId,
  { identity, agentId, isTask }: { identity: string; agentId: string | undefined; isTask: boolean },
): Record<string, string> {
  return {
    [labelNames.workDirectory]: identity,
    ...(agentId !== undefined && { [labelNames.agent]: agentId }),
    [labelNames.container]: containerKey(id),
    [labelNames.kind]: isTask ? 'task' : 'executor',
  };
}

/** What labels say of a container. */
export interface Labelled {
  readonly key: string | undefined;
  readonly isOwn: boolean;
  readonly isTask: boolean;
}

/** Reads the labels of a container. @param identity of the work directory of this agent. */
export function readLabels(labels: Readonly<Record<string, string>>, identity: string): Labelled {
  return {
    key: labels[labelNames.container],
    isOwn: labels[labelNames.workDirectory] === identity,
    isTask: labels[labelNames.kind] === 'task',
  };
}
