import {
  AgentInfo,
  ContainerID,
  DockerTaskExecutorPrepareInfo,
  Environment,
  ExecutorInfo,
  FrameworkID,
  FrameworkInfo,
  Labels,
  type Resource,
  TaskInfo,
  TaskStatus,
  toV0Json,
} from '@meseta/protocol';
import type { Hook, HookPoint } from '../hook.ts';
import { type CommandModule, readMessage } from './command-module.ts';

type Arguments<Point extends HookPoint> = Parameters<NonNullable<Hook[Point]>>;
type Result<Point extends HookPoint> = Awaited<ReturnType<NonNullable<Hook[Point]>>>;

/** How a hook point is translated to a command's input and output. */
interface HookMethod<Point extends HookPoint> {
  /** Returns the members of the command's input. */
  input(...args: Arguments<Point>): Record<string, unknown>;
  /**
   * Translates the command's answer. Not called for points that take no answer.
   *
   * @param append the answer is added to the present value (`merge=append`) instead of replacing it.
   */
  output(value: object, append: boolean, ...args: Arguments<Point>): Result<Point>;
}

const ignored = () => undefined;

const task = (value: TaskInfo) => ({ task_info: toV0Json(TaskInfo, value) });
const executor = (value: ExecutorInfo) => ({ executor_info: toV0Json(ExecutorInfo, value) });
const framework = (value: FrameworkInfo) => ({ framework_info: toV0Json(FrameworkInfo, value) });
const agent = (value: AgentInfo) => ({ slave_info: toV0Json(AgentInfo, value) });

/** Reads a part of SlaveInfo. Its members are not messages, so the part is read as a SlaveInfo with only these. */
const partOfAgent = (value: object) => readMessage(AgentInfo, { hostname: '', ...value });

function labels(value: object, append: boolean, { labels: before }: TaskInfo): Labels {
  const answer = readMessage(Labels, value);
  return append ? { labels: [...(before?.labels ?? []), ...(answer.labels ?? [])] } : answer;
}

const added = <T>(append: boolean, before: readonly T[] | undefined, answer: readonly T[] | undefined): readonly T[] =>
  append ? [...(before ?? []), ...(answer ?? [])] : (answer ?? []);

/** Every hook point. */
const hookMethods: { readonly [Point in HookPoint]: HookMethod<Point> } = {
  masterLaunchTaskResourceDecorator: {
    input: (taskInfo, resources) => ({
      ...task(taskInfo),
      slave_resources: toV0Json(AgentInfo, { hostname: '', resources: [...resources] }).resources ?? [],
    }),
    output: (value, append, { resources }) => added<Resource>(append, resources, partOfAgent(value).resources),
  },
  masterLaunchTaskLabelDecorator: {
    input: (taskInfo, frameworkInfo, agentInfo) => ({
      ...task(taskInfo),
      ...framework(frameworkInfo),
      ...agent(agentInfo),
    }),
    output: labels,
  },
  masterSlaveLostHook: { input: agent, output: ignored },
  slaveResourcesDecorator: {
    input: agent,
    output: (value, append, { resources }) => added(append, resources, partOfAgent(value).resources),
  },
  slaveAttributesDecorator: {
    input: agent,
    output: (value, append, { attributes }) => added(append, attributes, partOfAgent(value).attributes),
  },
  slaveRunTaskLabelDecorator: {
    input: (taskInfo, executorInfo, frameworkInfo, agentInfo) => ({
      ...task(taskInfo),
      ...executor(executorInfo),
      ...framework(frameworkInfo),
      ...agent(agentInfo),
    }),
    output: labels,
  },
  slaveExecutorEnvironmentDecorator: {
    input: executor,
    output(value, append, { command }) {
      const answer = readMessage(Environment, value);
      const before = command?.environment?.variables ?? [];
      return append ? { variables: [...before, ...(answer.variables ?? [])] } : answer;
    },
  },
  slavePreLaunchDockerTaskExecutorDecorator: {
    input: (taskInfo, executorInfo, container_name, container_work_directory, mapped_sandbox_directory, env) => ({
      ...(taskInfo && task(taskInfo)),
      ...executor(executorInfo),
      container_name,
      container_work_directory,
      mapped_sandbox_directory,
      ...(env && { environment: env }),
    }),
    output: value => readMessage(DockerTaskExecutorPrepareInfo, value),
  },
  slavePostFetchHook: {
    input: (id, directory) => ({ container_id: toV0Json(ContainerID, id), directory }),
    output: ignored,
  },
  slaveTaskStatusDecorator: {
    input: (id, status) => ({
      framework_id: toV0Json(FrameworkID, id),
      task_status: toV0Json(TaskStatus, status),
    }),
    output(value, append, _frameworkId, { task_id, state, labels: before }) {
      // The task's id and state cannot be changed, so an answer may leave them out.
      const { labels: answer, container_status } = readMessage(TaskStatus, { task_id, state, ...value });
      const all = append && answer ? { labels: [...(before?.labels ?? []), ...(answer.labels ?? [])] } : answer;
      return { ...(all && { labels: all }), ...(container_status && { container_status }) };
    },
  },
  slaveRemoveExecutorHook: {
    input: (frameworkInfo, executorInfo) => ({ ...framework(frameworkInfo), ...executor(executorInfo) }),
    output: ignored,
  },
};

/** Makes a hook whose answers come from a module's commands. It has the methods whose commands are configured. */
export function commandHook(module: CommandModule): Hook {
  const points = Object.keys(hookMethods) as HookPoint[];
  const configured = points.filter(point => module.has(point));
  return Object.fromEntries(configured.map(point => [point, method(module, point)]));
}

function method<Point extends HookPoint>(module: CommandModule, point: Point) {
  const { input, output }: HookMethod<Point> = hookMethods[point];
  const append = module.configuration.merge === 'append';
  return async (...args: Arguments<Point>): Promise<Result<Point> | undefined> => {
    const answer = await module.call(point, sortedJson(input(...args)));
    return answer && output(answer, append, ...args);
  };
}

/** Formats members in alphabetical order. Those of messages are sorted already. */
function sortedJson(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))));
}
