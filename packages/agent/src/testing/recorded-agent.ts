/**
 * The agent of the recordings in `fixtures/http`, which are of Apache Mesos 1.12: a command task runs, and twelve
 * executors of the same framework have ended.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Containerizer } from '@meseta/containers';
import { addSharedRoutes, DaemonRouter, Files, openAccess } from '@meseta/daemon';
import { parseFlags } from '@meseta/flags';
import { HttpServer } from '@meseta/process';
import {
  AgentResponse,
  checkId,
  type ExecutorInfo,
  fromJson,
  type Resource,
  type ResourceStatistics,
  type Task,
} from '@meseta/protocol';
import { convertResources, Resources } from '@meseta/resources';
import { systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { addViews } from '../add-views.ts';
import { ApiContainers } from '../api-containers/api-containers.ts';
import type { Disk } from '../disk/disk.ts';
import { Paths } from '../disk/paths.ts';
import { agentFlags } from '../flags.ts';
import { Sessions } from '../sessions.ts';
import { Agent } from '../state/agent.ts';
import { Executor } from '../state/executor.ts';
import { Framework } from '../state/framework.ts';
import type { ViewContext } from '../views/context.ts';

/** A request and what Mesos answered. */
export interface Recording {
  readonly request: { method: string; path: string; headers?: Record<string, string>; body?: unknown };
  // biome-ignore lint/suspicious/noExplicitAny: recordings are of any shape
  readonly response: { status: number; headers: Record<string, string>; body: any };
}

/** One of the recordings. */
export function recording(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`../../fixtures/http/${name}.json`, import.meta.url), 'utf8'));
}

interface RecordedExecutor {
  id: string;
  container: string;
  directory: string;
}

/** What the recorded agent knew. */
export function recordedAgent(): Agent {
  const state = recording('state').response.body;
  const { get_state, get_agent } = fromJson(AgentResponse, {
    ...recording('v1_GET_STATE').response.body,
    ...recording('v1_GET_AGENT').response.body,
  });
  const full: Resource[] = [...Object.values(state.reserved_resources_full).flat(), ...state.unreserved_resources_full];
  const agent = new Agent({
    info: get_agent?.agent_info ?? { hostname: '' },
    pid: state.pid,
    startTime: state.start_time,
    capabilities: state.capabilities.map((type: string) => ({ type })),
    totalResources: Resources.of(convertResources(full, 'post')),
    checkpointedResources: Resources.empty,
    resourceVersion: '',
  });
  agent.takeId(checkId(state.id));
  agent.state = 'RUNNING';
  agent.masterHostname = state.master_hostname;
  const info = get_state?.get_frameworks?.frameworks?.[0]?.framework_info;
  if (!info?.id) throw new Error('No framework is recorded');
  const framework = new Framework(checkId(info.id.value), info, undefined, 150);
  agent.frameworks.set(framework.id, framework);
  const executors = get_state?.get_executors;
  const tasks = get_state?.get_tasks;
  const recorded = state.frameworks[0];
  for (const each of executors?.executors ?? []) {
    const executor = recordedExecutor(framework, each.executor_info, recorded.executors);
    executor.state = 'RUNNING';
    framework.executors.set(executor.id, executor);
    for (const task of tasksOf(executor, tasks?.launched_tasks)) {
      executor.launchedTasks.set(checkId(task.task_id.value), task);
      framework.executorsByTask.set(checkId(task.task_id.value), executor);
    }
  }
  for (const each of executors?.completed_executors ?? []) {
    const executor = recordedExecutor(framework, each.executor_info, recorded.completed_executors);
    executor.state = 'TERMINATED';
    framework.completedExecutors.add(executor.containerId, executor);
    for (const task of tasksOf(executor, tasks?.completed_tasks))
      executor.completedTasks.add(checkId(task.task_id.value), task);
  }
  return agent;
}

function recordedExecutor(framework: Framework, info: ExecutorInfo, recorded: readonly RecordedExecutor[]): Executor {
  const id = checkId(info.executor_id.value);
  const { container = '', directory = '' } = recorded.find(each => each.id === id) ?? {};
  return new Executor({
    id,
    frameworkId: framework.id,
    info,
    containerId: checkId(container),
    directory,
    user: undefined,
    kind: info.type ? 'custom' : 'command',
    checkpoint: true,
  });
}

function tasksOf(executor: Executor, tasks: readonly Task[] = []): Task[] {
  return tasks.filter(task => (task.executor_id ?? task.task_id).value === executor.id);
}

/** What the recorded container used, at the time of that reading. */
export const recordedUsage: ResourceStatistics = {
  timestamp: 1795236871.416175,
  cpus_user_time_secs: 0.1,
  cpus_system_time_secs: 0.02,
  mem_rss_bytes: 139161600,
};

/** What views need of an agent, with a containerizer that runs nothing. */
export function viewContext(agent: Agent = recordedAgent(), more: Partial<ViewContext> = {}): ViewContext {
  const argv = ['--work_dir=/var/tmp/agent', '--master=127.0.0.1:5050', '--gc_delay=1weeks'];
  const containerizer: Partial<Containerizer> = {
    usage: async () => recordedUsage,
    status: async id => ({ container_id: id, executor_pid: 17993 }),
    pid: () => 17993,
    signalFirst: () => false,
  };
  const { flags } = parseFlags(agentFlags, argv);
  const paths = new Paths('/var/tmp/agent');
  const log = silentLogger();
  const parts = {
    ...{ agent, flags, log, paths },
    containerizer: containerizer as Containerizer,
    disk: { perform: async () => undefined } as unknown as Disk,
    space: { suspect: () => undefined },
  };
  const sessions = new Sessions({ containerizer: parts.containerizer, clock: systemClock, log });
  return {
    access: openAccess,
    agent,
    apiContainers: new ApiContainers({ ...parts, sessions, onDamage: () => undefined }),
    containerizer: parts.containerizer,
    sessions,
    clock: { ...systemClock, now: () => 1795236871416.175 },
    flags,
    log,
    metrics: new Metrics(),
    flagsView: () => recording('state').response.body.flags,
    files: new Files(),
    paths,
    ...more,
  };
}

/** Serves the views of an agent until the test ends. @returns the address, `http://127.0.0.1:port`. */
export async function serveViews(t: TestContext, context: ViewContext): Promise<string> {
  const router = new DaemonRouter({ access: context.access, delegate: 'slave(1)' });
  addViews(context, router, 'slave(1)');
  addSharedRoutes(router, {
    files: context.files,
    metrics: context.metrics,
    verbosity: context.log.verbosity,
    readonlyRealm: 'mesos-agent-readonly',
    readwriteRealm: 'mesos-agent-readwrite',
  });
  const server = new HttpServer({ handler: router.handle });
  const { port } = await server.listen('127.0.0.1', 0);
  t.after(() => server.close(0));
  return `http://127.0.0.1:${port}`;
}

/** A directory that is removed after the test. */
export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'meseta-views-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
