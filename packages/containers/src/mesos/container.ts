import type { ContainerLimitation } from '@meseta/protocol';
import { type ContainerId, containerKey } from '../container-id.ts';
import type { Environment } from '../environment.ts';
import { LaunchError } from '../errors.ts';
import type { Directory } from '../fetcher/directory.ts';

/** The state of a container from its launch to its removal. */
export interface Container {
  readonly id: ContainerId;
  /** Isolators take part in the container. */
  readonly isolated: boolean;
  readonly children: Set<Container>;
  /** Aborted to end the watch of the isolators that may limit it. */
  readonly over: AbortController | undefined;
  /** Resolves when the launch has ended, successfully or not. */
  launching: Promise<void>;
  /** The environment that debug containers inherit. */
  environment: Environment | undefined;
  /** Where they start. Undefined when an earlier agent launched it and did not store that. */
  workingDirectory: string | undefined;
  /** Whose its processes are; undefined: the agent's own, or not known of an earlier agent's. */
  user?: string | undefined;
  /** Held open during its launch, when the owner of the sandbox around it could lead its path elsewhere. */
  sandbox?: Directory | undefined;
  /** Its environment may be stored on disk. */
  keepsEnvironment: boolean;
  /** The limit for which it is being ended. */
  limitation?: ContainerLimitation;
  destroying?: Promise<void>;
}

/**
 * Throws when the container is being destroyed. Fetcher and launcher can only cancel what was already passed to them.
 */
export function mustBeWanted({ id, destroying, limitation }: Container): void {
  if (limitation) throw new LaunchError('DESTROYED', 'It ran into a limit');
  if (destroying)
    throw new LaunchError('DESTROYED', `Container ${containerKey(id)} was destroyed while it was launched`);
}
