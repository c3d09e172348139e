/** LAUNCH_NESTED_CONTAINER_SESSION: a command in the container of a task, whose output is the answer. */
import { type ContainerIO, containerKey, LaunchError } from '@meseta/containers';
import { empty, HttpError, type Request, type Response } from '@meseta/process';
import type { AgentCallLaunchNestedContainerSession, ContainerInfo } from '@meseta/protocol';
import { checkedContainerId } from '../container-id.ts';
import type { OperatorContext } from '../context.ts';
import { findRoot, type SessionRoot } from './find-root.ts';
import { outputOf } from './output-of.ts';

/** The fields of a container's description that mean something for a session. */
const known: ReadonlySet<string> = new Set(['type', 'tty_info'] satisfies (keyof ContainerInfo)[]);

/** Returns what a session may not ask for; undefined when all is well. */
export function sessionProblem({ container }: Partial<AgentCallLaunchNestedContainerSession>): string | undefined {
  const [field] = Object.keys(container ?? {}).filter(name => !known.has(name));
  if (field === undefined) return undefined;
  const why = 'a session has the file system, the networks and the privileges of the container that it runs in';
  return `'launch_nested_container_session.container' may have 'type' and 'tty_info', not '${field}': ${why}`;
}

/**
 * Launches a session, which ends with its connection.
 *
 * @throws {HttpError} 400 when it cannot be launched, 404 when there is no such task.
 * @see Mesos src/slave/http.cpp, Http::launchNestedContainerSession
 */
export async function launchSession(
  context: OperatorContext,
  call: AgentCallLaunchNestedContainerSession,
  request: Request,
): Promise<Response> {
  const { containerizer, sessions } = context;
  const id = checkedContainerId(call.container_id);
  const parent = id.parent;
  const root = findRoot(context, id);
  if (parent === undefined || containerizer.wait(parent) === undefined) {
    throw refused(`Parent container ${parent && containerKey(parent)} does not exist`);
  }
  const { signal } = request;
  const destroy = () => void containerizer.destroy(id);
  signal.addEventListener('abort', destroy);
  let io: ContainerIO | undefined;
  try {
    io = await launch(context, root, call);
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    if (error.code === 'EXISTS') return empty(202);
    throw refused(error.message, error);
  } finally {
    signal.removeEventListener('abort', destroy);
  }
  // A command that closes its output, or is about to end, goes on. The end of the answer would end it.
  const output = outputOf(context, io, request, containerizer.wait(id));
  sessions.follow(id, output.closed);
  return output.answer;
}

async function launch(
  { containerizer, flags }: OperatorContext,
  root: SessionRoot,
  { container_id, command = {}, container }: AgentCallLaunchNestedContainerSession,
): Promise<ContainerIO> {
  const id = checkedContainerId(container_id);
  const inTask = id.parent?.parent === undefined;
  const user = flags.switch_user ? (command.user ?? (inTask ? root.user : undefined)) : undefined;
  const result = await containerizer.launch(
    id,
    {
      config: {
        container_class: 'DEBUG',
        directory: root.directory,
        command_info: command,
        ...(user !== undefined && { user }),
        ...(container && { container_info: container }),
      },
    },
    { io: 'attached' },
  );
  if ('unsupported' in result) throw new LaunchError('INVALID', result.unsupported);
  const io = containerizer.attach?.(id);
  if (io === undefined) throw new LaunchError('DESTROYED', `Container ${containerKey(id)} has ended`);
  return io;
}

/** Says why there is no session: clients have exit codes for programs that are not there. */
function refused(message: string, cause?: LaunchError): HttpError {
  const { step, errno = '' } = cause ?? {};
  const program = missing.has(errno) ? 'CONTAINER_PROGRAM_NOT_FOUND' : 'CONTAINER_PROGRAM_NOT_EXECUTABLE';
  return new HttpError(step === 'exec' ? program : 'CONTAINER_LAUNCH_FAILED', message, { cause });
}

const missing: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
