/** Sandboxes and the agent's log below `/files`. */
import { readdir, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AccessObjects, type MayRead, type Mount, whole } from '@meseta/daemon';
import { idProblem, type WireId } from '@meseta/protocol';
import type { Agent } from './state/agent.ts';
import type { ViewContext } from './views/context.ts';

/** A run of an executor in a path, with or without the agent's directory in front. */
const runPath = /^\/frameworks\/([^/]+)\/executors\/([^/]+)\/runs\/([^/]+)(?=\/|$)/;

/** Directories looked at at once, so that a listing does not fill the thread pool. */
const portion = 32;

/**
 * Shows every sandbox there is on disk, and the log as `/slave/log`.
 *
 * @returns when the log is there.
 */
export async function showFiles(context: ViewContext): Promise<void> {
  const { access, files, flags, log } = context;
  const mayReadLog: MayRead = principal => access.authorize(principal, 'ACCESS_MESOS_LOG', whole);
  files.mount(sandboxes(context));
  const logFile = flags.external_log_file ?? log.logFile;
  if (logFile === undefined) return;
  await files
    .attach(logFile, '/slave/log', mayReadLog)
    .catch(error => log.warning('Cannot show the log file', { error }));
}

/**
 * Attaches the sandboxes of this agent's executors, with three names as in Mesos: their own path, the path of the
 * executor's latest run, and `/frameworks/…/runs/latest`. They are read from the directories, so that launches have no
 * extra work, and the sandboxes of executors that ended long ago are available until they are removed.
 */
function sandboxes({ access, agent, paths }: Pick<ViewContext, 'access' | 'agent' | 'paths'>): Mount {
  const base = () => agent.id && paths.agent(paths.workDirectory, agent.id);
  return {
    async find(path) {
      const directory = base();
      if (directory === undefined) return undefined;
      const byPath = path.startsWith(`${directory}/`);
      const [name, frameworkId = '', executorId = '', run = ''] =
        runPath.exec(byPath ? path.slice(directory.length) : path) ?? [];
      if (name === undefined || [frameworkId, executorId, run].some(id => idProblem(id) !== undefined))
        return undefined;
      if (!byPath && run !== 'latest') return undefined;
      const root = await runDirectory(directory + name);
      if (root === undefined) return undefined;
      const object = sandboxOf(agent, frameworkId, executorId);
      const mayRead: MayRead = principal => access.authorize(principal, 'ACCESS_SANDBOX', object);
      return { name: byPath ? directory + name : name, root, mayRead };
    },
    async list() {
      const directory = base();
      const names = new Map<string, string>();
      if (directory === undefined) return names;
      const frameworks = `${directory}/frameworks`;
      for (const frameworkId of await namesIn(frameworks)) {
        const executors = `${frameworks}/${frameworkId}/executors`;
        const executorIds = await namesIn(executors);
        for (let start = 0; start < executorIds.length; start += portion) {
          const some = executorIds.slice(start, start + portion);
          const found = await Promise.all(some.map(id => runsOf(`${executors}/${id}/runs`, directory)));
          for (const [name, root] of found.flat()) names.set(name, root);
        }
      }
      return names;
    },
  };
}

/** Whose sandbox it is, as far as the agent still knows. */
function sandboxOf(
  agent: Agent,
  frameworkId: WireId<'framework'>,
  executorId: WireId<'executor'>,
): AccessObjects['ACCESS_SANDBOX'] {
  const completed = [...agent.completedFrameworks].findLast(({ id }) => id === frameworkId);
  const framework = agent.frameworks.get(frameworkId) ?? completed;
  const executor =
    framework?.executors.get(executorId) ??
    [...(framework?.completedExecutors ?? [])].findLast(({ id }) => id === executorId);
  return {
    ...(framework && { framework_info: framework.info }),
    ...(executor && { executor_info: executor.info }),
  };
}

async function runsOf(runs: string, base: string): Promise<[name: string, root: string][]> {
  const found: [string, string][] = [];
  for (const run of await namesIn(runs)) {
    const root = await runDirectory(join(runs, run));
    if (root === undefined) continue;
    found.push([join(runs, run), root]);
    if (run === 'latest') found.push([join(runs, run).slice(base.length), root]);
  }
  return found;
}

/** The real path of a run; undefined when there is none, or a link that leads elsewhere. */
async function runDirectory(path: string): Promise<string | undefined> {
  try {
    const [runs, run] = await Promise.all([realpath(dirname(path)), realpath(path)]);
    return dirname(run) === runs ? run : undefined;
  } catch {
    return undefined; // never there, or garbage by now
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []); // as above
}
