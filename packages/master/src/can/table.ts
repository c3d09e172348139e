/**
 * The actions that the web UI offers: what the endpoint of each asks, and when it refuses by the state of the cluster. Both are the
 * functions that the endpoints use themselves.
 */
import { type AccessObjects, type Action, type Question, whole } from '@meseta/daemon';
import { HttpError, type Principal } from '@meseta/process';
import type { Resource, Task } from '@meseta/protocol';
import { roleProblem } from '@meseta/resources';
import { userName } from '@meseta/system';
import { sandboxOf } from '../agent-proxy/permission.ts';
import { changeRefusal, drainRefusal, markGoneRefusal, reactivateRefusal } from '../agents/index.ts';
import { demandNoMaintenance, settle, settleGone } from '../api/operator/calls/agents.ts';
import type { MasterContext } from '../context.ts';
import { frameworkToTearDown } from '../operator/index.ts';
import { isKnownRole } from '../operator/roles.ts';
import type { WaitingTask } from '../run/waiting-tasks.ts';
import { findTask, taskToKill } from '../tasks/index.ts';

/** The fields of a check, by name. Those that the action needs are there. */
export type Fields = Readonly<
  Partial<Record<'framework_id' | 'task_id' | 'executor_id' | 'agent_id' | 'role' | 'user', string>>
>;

/** Finds a task of the master's own frameworks that is not launched yet. */
export type FindWaiting = (frameworkId: string, taskId: string) => WaitingTask['task'] | undefined;

/** One action. */
export interface UiAction {
  /** Of its endpoint. Default: that of changes. */
  readonly realm?: 'readonly';
  readonly needs: readonly (keyof Fields)[];
  readonly may?: readonly (keyof Fields)[];
  /**
   * Returns what is asked.
   *
   * @throws {HttpError} when the endpoint would, before it asks: there is no such thing.
   */
  readonly questions: (
    context: MasterContext,
    fields: Fields,
    principal: Principal | undefined,
    findWaiting: FindWaiting,
  ) => readonly Question[];
  /** `any`: one question that is allowed suffices, as the action is about one of several things. Default: all. */
  readonly suffices?: 'any';
  /** What of which all must be visible, after the questions are answered. Default: nothing. */
  readonly seesAll?: readonly Action[];
  /** Looks at the state of the cluster, when all is allowed. @throws {HttpError} when the endpoint would. */
  readonly demandState?: (context: MasterContext, fields: Fields, findWaiting: FindWaiting) => void;
}

const asking = <A extends Question['action']>(action: A, object: AccessObjects[A]) => ({ action, object }) as Question;

function ofAgents(
  action: 'DRAIN_AGENT' | 'DEACTIVATE_AGENT' | 'REACTIVATE_AGENT' | 'MARK_AGENT_GONE',
  demandState: (context: MasterContext, agentId: string) => void,
): UiAction {
  return {
    needs: ['agent_id'],
    questions: () => [asking(action, whole)],
    demandState: (context, { agent_id = '' }) => demandState(context, agent_id),
  };
}

/** Changes of an agent's resources. @param resourcesOf what they may be about, of what the agent has. */
function ofResources(
  action: 'RESERVE_RESOURCES' | 'UNRESERVE_RESOURCES' | 'CREATE_VOLUME' | 'RESIZE_VOLUME' | 'DESTROY_VOLUME',
  resourcesOf: (resources: readonly Resource[], role: string | undefined) => readonly Resource[],
  none?: string,
): UiAction {
  const found = ({ cluster }: MasterContext, agentId: string, role: string | undefined) => {
    const agent = cluster.agents.get(agentId);
    if (!agent) throw new HttpError('AGENT_UNKNOWN', 'No agent found with specified ID');
    return resourcesOf(agent.total.toArray(), role);
  };
  return {
    needs: ['agent_id'],
    may: ['role'],
    suffices: 'any',
    questions(context, { agent_id = '', role }, principal) {
      if (role !== undefined) demandRole(role);
      const resources = found(context, agent_id, role);
      // Who may not do it for the role learns nothing of what the role has.
      const asked = resources.length === 0 && role !== undefined ? [volumeOf(role, principal)] : resources;
      return asked.map(resource => asking(action, { resource }));
    },
    demandState(context, { agent_id = '', role }) {
      if (none === undefined || found(context, agent_id, role).length > 0) return;
      const ofRole = role === undefined ? '' : ` for role '${role}'`;
      throw new HttpError('RESOURCES_UNAVAILABLE', `Agent ${agent_id} has ${none}${ofRole}`);
    },
  };
}

const roleOf = ({ reservations, role = '*' }: Resource) => reservations?.at(-1)?.role ?? role;
const isOf = (resource: Resource, role: string | undefined) => role === undefined || roleOf(resource) === role;
const isVolume = ({ disk }: Resource) => disk?.persistence !== undefined;
const volumesOf = (all: readonly Resource[], role: string | undefined) =>
  all.filter(each => isVolume(each) && isOf(each, role));

function demandRole(role: string): void {
  const problem = roleProblem(role);
  if (problem !== undefined) throw new HttpError('CALL_INVALID', problem);
}

/** @throws {HttpError} for a role that has no settings. */
function demandKnownRole(context: MasterContext, { role = '' }: Fields): void {
  demandRole(role);
  if (!isKnownRole(context, role)) throw new HttpError('CALL_INVALID', `Unknown role '${role}'`);
}

/** Every action by its name. */
export const uiActions: Readonly<Record<string, UiAction>> = {
  kill_task: {
    needs: ['framework_id', 'task_id'],
    questions(context, { framework_id = '', task_id = '' }, _, findWaiting) {
      const framework = context.cluster.findFramework(framework_id);
      if (!framework) throw noTask(framework_id, task_id);
      const task = findTask(framework, task_id) ?? findWaiting(framework_id, task_id);
      const about = task && { task: { agent_id: { value: '' }, ...task } };
      return [asking('KILL_TASK', { framework_info: framework.info, ...about })];
    },
    demandState(context, fields, findWaiting) {
      const { framework_id = '', task_id = '' } = fields;
      if (findWaiting(framework_id, task_id) === undefined) demandTask(context, fields);
    },
  },
  exec: {
    needs: ['framework_id', 'task_id'],
    questions(context, { framework_id = '', task_id = '' }) {
      const task = context.cluster.findFramework(framework_id)?.tasks.get(task_id);
      const agent = context.cluster.agents.get(task?.agent_id.value ?? '');
      const owner = sandboxOf(context, agent, framework_id, task?.executor_id?.value || task_id);
      // Also asked about a task that there is not, as terminals do: only who may open one learns that.
      const container = { ...owner, container_id: { value: '' } } as AccessObjects['ATTACH_CONTAINER_INPUT'];
      return [
        asking('LAUNCH_NESTED_CONTAINER_SESSION', { ...container, command_info: {} }),
        asking('ATTACH_CONTAINER_INPUT', container),
      ];
    },
    demandState(context, fields) {
      demandReachable(context, fields);
      const { agent_id, task_id, state, statuses = [] } = demandTask(context, fields);
      if (!statuses.some(({ container_status }) => container_status?.container_id)) {
        throw new HttpError('CONTAINER_NOT_FOUND', `Task '${task_id.value}' has no container yet (${state})`);
      }
      if (!context.cluster.agents.get(agent_id.value)?.connected) {
        throw new HttpError('AGENT_NOT_FOUND', `Agent ${agent_id.value} is disconnected: a terminal needs it`);
      }
      if (!context.flags.agent_proxy) {
        throw new HttpError('AGENT_PROXY_OFF', 'This master passes nothing on to agents (--agent_proxy=false)');
      }
    },
  },
  read_sandbox: {
    realm: 'readonly',
    needs: ['framework_id'],
    may: ['executor_id'],
    questions(context, { framework_id = '', executor_id = '' }) {
      return [asking('ACCESS_SANDBOX', sandboxOf(context, undefined, framework_id, executor_id))];
    },
    demandState({ flags }) {
      if (flags.agent_proxy) return;
      throw new HttpError('AGENT_PROXY_OFF', 'This master passes nothing on to agents (--agent_proxy=false)');
    },
  },
  teardown: {
    needs: ['framework_id'],
    questions: (context, { framework_id = '' }) => [
      asking('TEARDOWN_FRAMEWORK', { framework_info: frameworkToTearDown(context, framework_id).info }),
    ],
  },
  drain_agent: ofAgents('DRAIN_AGENT', (context, id) => {
    demandNoMaintenance(context, id);
    settle(drainRefusal(context, id) ?? 'done', 'Unknown agent');
  }),
  deactivate_agent: ofAgents('DEACTIVATE_AGENT', (context, id) =>
    settle(changeRefusal(context, id) ?? 'done', 'Unknown agent'),
  ),
  reactivate_agent: ofAgents('REACTIVATE_AGENT', (context, id) =>
    settle(reactivateRefusal(context, id) ?? 'done', 'Agent is not deactivated'),
  ),
  mark_agent_gone: ofAgents('MARK_AGENT_GONE', (context, id) => settleGone(markGoneRefusal(context, id) ?? 'done', id)),
  // For which role is not known before it is typed: then it is asked.
  reserve: ofResources('RESERVE_RESOURCES', (_, role) => (role === undefined ? [] : [reservedFor(role)])),
  unreserve: ofResources(
    'UNRESERVE_RESOURCES',
    (all, role) =>
      all.filter(each => isOf(each, role) && each.reservations?.at(-1)?.type === 'DYNAMIC' && !isVolume(each)),
    'nothing that can be unreserved',
  ),
  create_volume: ofResources(
    'CREATE_VOLUME',
    (all, role) =>
      all.filter(each => each.name === 'disk' && roleOf(each) !== '*' && isOf(each, role) && !isVolume(each)),
    'no reserved disk',
  ),
  resize_volume: ofResources('RESIZE_VOLUME', volumesOf, 'no persistent volume'),
  destroy_volume: ofResources('DESTROY_VOLUME', volumesOf, 'no persistent volume'),
  update_quota: {
    needs: ['role'],
    questions: (_, { role = '' }) => [asking('UPDATE_QUOTA_WITH_CONFIG', { quota_config: { role } })],
    demandState(context, fields) {
      demandKnownRole(context, fields);
      if (fields.role !== '*') return;
      throw new HttpError('CALL_INVALID', "There is no quota for the default role '*'");
    },
  },
  update_weight: {
    needs: ['role'],
    questions: (_, { role = '' }) => [asking('UPDATE_WEIGHT', { weight_info: { role, weight: 1 } })],
    demandState: demandKnownRole,
  },
  update_maintenance: {
    needs: [],
    questions: () => [asking('UPDATE_MAINTENANCE_SCHEDULE', { machine_id: {} })],
  },
  start_maintenance: { needs: [], questions: () => [asking('START_MAINTENANCE', { machine_id: {} })] },
  stop_maintenance: { needs: [], questions: () => [asking('STOP_MAINTENANCE', { machine_id: {} })] },
  run_task: {
    needs: ['role'],
    may: ['user'],
    questions(_, { role = '', user = userName() }, principal) {
      demandRole(role);
      const name = principal?.value;
      const framework_info = {
        ...{ name: '', user, roles: [role], capabilities: [{ type: 'MULTI_ROLE' as const }] },
        ...(name !== undefined && { principal: name }),
      };
      const id = { value: '' };
      const task_info = { name: '', task_id: id, agent_id: id, resources: [], command: { user } };
      return [asking('REGISTER_FRAMEWORK', { framework_info }), asking('RUN_TASK', { framework_info, task_info })];
    },
    demandState(context, { role, user = userName() }) {
      demandKnownRole(context, { role: role ?? '' });
      if (user !== 'root' || context.flags.root_submissions) return;
      throw new HttpError('CALL_INVALID', 'The user is root, and the master runs with --no-root_submissions');
    },
  },
  set_log_level: { needs: [], questions: () => [asking('SET_LOG_LEVEL', whole)] },
  view_flags: { realm: 'readonly', needs: [], questions: () => [asking('VIEW_FLAGS', whole)] },
  read_metrics: {
    realm: 'readonly',
    needs: [],
    questions: () => [asking('GET_ENDPOINT_WITH_PATH', { value: '/metrics/snapshot' })],
  },
  // Views leave out what the sender may not see: these tell whether they do.
  view_all_frameworks: { realm: 'readonly', needs: [], questions: () => [], seesAll: ['VIEW_FRAMEWORK'] },
  view_all_tasks: { realm: 'readonly', needs: [], questions: () => [], seesAll: ['VIEW_FRAMEWORK', 'VIEW_TASK'] },
  view_all_roles: { realm: 'readonly', needs: [], questions: () => [], seesAll: ['VIEW_ROLE'] },
  view_maintenance: {
    realm: 'readonly',
    needs: [],
    questions: () => [
      asking('GET_MAINTENANCE_SCHEDULE', { machine_id: {} }),
      asking('GET_MAINTENANCE_STATUS', { machine_id: {} }),
    ],
  },
  view_role: { needs: ['role'], questions: (_, { role = '' }) => [asking('VIEW_ROLE', { value: role })] },
};

function reservedFor(role: string): Resource {
  return { name: 'cpus', type: 'SCALAR', reservations: [{ type: 'DYNAMIC', role }] };
}

/** A volume of a role that a principal has reserved and created. */
function volumeOf(role: string, { value: principal }: Principal = {}): Resource {
  const by = principal === undefined ? {} : { principal };
  return {
    name: 'disk',
    type: 'SCALAR',
    reservations: [{ type: 'DYNAMIC', role, ...by }],
    disk: { persistence: { id: '', ...by } },
  };
}

const noTask = (frameworkId: string, taskId: string) =>
  new HttpError('TASK_NOT_FOUND', `Framework '${frameworkId}' has no task '${taskId}'`);

/** @throws {HttpError} for a task whose agent is unreachable. */
function demandReachable({ cluster }: MasterContext, { framework_id = '', task_id = '' }: Fields): void {
  const task = cluster.findFramework(framework_id)?.unreachableTasks.get(task_id);
  if (task) throw new HttpError('AGENT_NOT_FOUND', `Agent ${task.agent_id.value} is unreachable: a terminal needs it`);
}

/** Returns a task that runs. @throws {HttpError} when there is none. */
function demandTask(context: MasterContext, { framework_id = '', task_id = '' }: Fields): Task {
  const framework = context.cluster.findFramework(framework_id);
  if (!framework) throw noTask(framework_id, task_id);
  const task = taskToKill(context, framework, task_id);
  if ('code' in task) throw new HttpError(task.code, task.message);
  return task;
}
