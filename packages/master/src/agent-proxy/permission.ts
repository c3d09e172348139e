/** Asks the master's rules before something is passed on to an agent. */
import { type AccessObjects, allows, type Filters, filtersOf, type Question, type Whole, whole } from '@meseta/daemon';
import { HttpError, type Principal } from '@meseta/process';
import type { ExecutorInfo } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import type { Framework } from '../state/framework.ts';
import type { Need, SeenAction } from './reads.ts';
import { ownerOf } from './target.ts';

/** Who asks for what. */
export interface Wish {
  readonly principal: Principal | undefined;
  readonly agent: Agent;
  readonly need: Need;
  /** The plain path of a file. */
  readonly file?: string | undefined;
  /** Whether the agent gets to know the principal, and decides by its own rules what that sees. */
  readonly agentDecides: boolean;
}

/** Checks that something may be passed on. @throws {HttpError} 403. */
export async function demandRead(context: MasterContext, wish: Wish): Promise<void> {
  const { access } = context;
  const { need, principal, agent, file } = wish;
  if (need.kind === 'open') return;
  if (need.kind === 'file') {
    if (file !== undefined && (await allows(access, principal, [questionAbout(context, agent, file)]))) return;
    throw new HttpError(
      'NOT_AUTHORIZED',
      `You may not read '${file}' of agent ${agent.id}, by the rules of the master`,
    );
  }
  const { endpoint, actions } = need;
  const question = endpoint && ({ action: 'GET_ENDPOINT_WITH_PATH', object: { value: endpoint } } as const);
  if (question && !(await allows(access, principal, [question]))) {
    throw new HttpError(
      'NOT_AUTHORIZED',
      `You may not use ${endpoint} of agent ${agent.id}, by the rules of the master`,
    );
  }
  if (wish.agentDecides || seesAll(await filtersOf(access, principal, actions), actions)) return;
  throw new HttpError(
    'NOT_AUTHORIZED',
    `You may not see everything that agent ${agent.id} shows here, and the agent does not check who asks through the master:` +
      ' give both the same --agent_proxy_key, and the agent --acls',
  );
}

/** Returns what is asked about a file: the same that the agent asks, about what the master knows. */
function questionAbout(context: MasterContext, agent: Agent, file: string): Question {
  const owner = ownerOf(file, agent.id);
  if (owner.kind === 'log') return { action: 'ACCESS_MESOS_LOG', object: whole };
  if (owner.kind === 'other') return { action: 'ACCESS_SANDBOX', object: {} };
  return { action: 'ACCESS_SANDBOX', object: sandboxOf(context, agent, owner.frameworkId, owner.executorId) };
}

/**
 * Returns whose sandbox it is, as far as the master still knows: rules about users match no unknown one.
 *
 * @param agent undefined: any agent that has such an executor.
 */
export function sandboxOf(
  { cluster }: MasterContext,
  agent: Agent | undefined,
  frameworkId: string,
  executorId: string,
): Required<AccessObjects['ACCESS_SANDBOX']> | Whole {
  const framework = cluster.frameworks.get(frameworkId) ?? cluster.completedFrameworks.get(frameworkId);
  if (framework === undefined) return {};
  const { info: framework_info } = framework;
  const known = agent ? agent.executor(frameworkId, executorId) : executorOf(framework, executorId);
  if (known) return { framework_info, executor_info: known };
  const user = userOfTask(framework, executorId);
  const executor_info = {
    executor_id: { value: executorId },
    resources: [],
    command: user === undefined ? {} : { user },
  };
  return { framework_info, executor_info };
}

function executorOf({ executors }: Framework, id: string): ExecutorInfo | undefined {
  for (const ofAgent of executors.values()) {
    const executor = ofAgent.get(id);
    if (executor) return executor;
  }
  return undefined;
}

/** The user of a task that has an executor of its own, of the same id; undefined when it is not known, or the framework's. */
function userOfTask({ tasks, unreachableTasks, completedTasks }: Framework, id: string): string | undefined {
  return (tasks.get(id) ?? unreachableTasks.get(id) ?? completedTasks.get(id))?.user;
}

/** Tells whether filters let everything through. */
function seesAll(filters: Filters<SeenAction>, actions: readonly SeenAction[]): boolean {
  return actions.every(action => {
    const filter = filters[action];
    // What is allowed or not as a whole is asked; of the others, there is always something that is not seen.
    return (
      filter === undefined ||
      ((action === 'VIEW_FLAGS' || action === 'VIEW_RESOURCE_PROVIDER') && filter(whole as never))
    );
  });
}
