/** Names of containers in the engine: how they are made, and how they are recognised. */
import { idProblem } from '@meseta/protocol';

/** `--docker_container_name_case`: whether names keep their capitals. */
export type NameCase = 'preserve' | 'lower';

const prefix = 'mesos-';
/** Between the parts of the older forms. */
const separator = '.';
/** The last part of the name that Mesos gives the container of a task's executor. */
const executorPart = 'executor';

/** What the name of a container says. */
export interface NamedContainer {
  /** In the case that the name has. */
  readonly containerId: string;
  /** The agent that it belongs to; only older forms say it. */
  readonly agentId?: string;
  /** It is the container of Mesos's executor for a command task, beside that of the task. */
  readonly isExecutor: boolean;
}

/** Returns the name of a container: `mesos-<containerid>`. */
export function containerName(containerId: string, nameCase: NameCase): string {
  const name = `${prefix}${containerId}`;
  return nameCase === 'lower' ? name.toLowerCase() : name;
}

/**
 * Reads the name of a container: the form of today, and the older ones of Mesos, `mesos-<agentid>.<containerid>`, each also with
 * `.executor` at its end. Undefined for a name that is none of these.
 *
 * @param name as the engine says it, with or without a slash before it.
 * @see Mesos src/slave/containerizer/docker.cpp, parse
 */
export function parseContainerName(name: string): NamedContainer | undefined {
  const bare = name.startsWith('/') ? name.slice(1) : name;
  if (!bare.startsWith(prefix)) return undefined;
  const parts = bare.slice(prefix.length).split(separator);
  const isExecutor = parts.length > 1 && parts.at(-1) === executorPart;
  if (isExecutor) parts.pop();
  if (parts.length > 2 || parts.some(part => idProblem(part) !== undefined)) return undefined;
  const [first = '', second] = parts;
  if (second === undefined) return { containerId: first, isExecutor };
  return { containerId: second, agentId: first, isExecutor };
}

/**
 * Tells whether a name says an id. An engine may have made capitals small.
 *
 * @param said the part of the name.
 */
export function isSameId(said: string | undefined, id: string, nameCase: NameCase): boolean {
  return said === id || (nameCase === 'lower' && said === id.toLowerCase());
}
