/** Sandboxes and the agent's log below `/files`. */
import { dirname, join } from 'node:path';
import type { Executor } from './state/executor.ts';
import type { ViewContext } from './views/context.ts';

/** How long a sandbox may still be shown after the last view has forgotten its executor. */
const sweepMs = 60_000;

/**
 * Shows each sandbox by its path, by that of the executor's latest run and by `/frameworks/…/runs/latest`, from when it
 * is made or found until no view knows the executor any more; and the log as `/slave/log`.
 *
 * @returns when the log is there.
 */
export async function showFiles(context: ViewContext): Promise<void> {
  showSandboxes(context);
  const { files, flags, log } = context;
  const logFile = flags.external_log_file ?? log.logFile;
  if (logFile === undefined) return;
  await files.attach(logFile, '/slave/log').catch(error => log.warning('Cannot show the log file', { error }));
}

function showSandboxes({ agent, clock, files, log }: ViewContext): void {
  const shown = new Map<string, Executor>();
  let sweeping = false;
  const show = async (executor: Executor, name: string) => {
    shown.set(name, executor);
    try {
      await files.attach(executor.directory, name);
    } catch (error) {
      log.warning('Cannot show a sandbox', { error, executor_id: executor.id, framework_id: executor.frameworkId });
    }
  };
  const sweep = () => {
    sweeping = false;
    const known = new Set(knownExecutors(agent));
    for (const [name, executor] of shown) {
      if (known.has(executor)) continue;
      shown.delete(name);
      files.detach(name);
    }
  };
  agent.observe({
    sandboxMade(executor) {
      for (const name of namesOf(executor)) void show(executor, name);
    },
    executorTerminated() {
      if (sweeping) return;
      sweeping = true;
      clock.after(sweepMs, sweep);
    },
  });
}

function namesOf({ id, frameworkId, directory }: Executor): string[] {
  return [directory, join(dirname(directory), 'latest'), `/frameworks/${frameworkId}/executors/${id}/runs/latest`];
}

function* knownExecutors(agent: ViewContext['agent']): Generator<Executor> {
  for (const frameworks of [agent.frameworks.values(), agent.completedFrameworks]) {
    for (const { executors, completedExecutors } of frameworks) {
      yield* executors.values();
      yield* completedExecutors;
    }
  }
}
