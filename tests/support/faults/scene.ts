/** A cluster whose agent has faults, and what must be there again when a task is over. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { TaskInfo } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { cgroupsBelow, membersBelow } from '../cgroups.ts';
import { Cluster } from '../cluster.ts';
import type { Flags } from '../daemon.ts';
import { type Framework, shellTask } from '../framework.ts';
import { type FoundProcess, processesOf } from '../processes.ts';
import { checkHistory, isEnd } from '../task-history.ts';
import { Faults } from './faults.ts';
import type { Plan } from './plan.ts';

/** A way through the agent: how a task, or a container, is launched and ends. */
export interface Way {
  readonly name: string;
  /** What is there during all launches. */
  readonly prepare?: (scene: FaultScene) => Promise<unknown>;
  /** Launches; `id` is new. */
  readonly launch: (scene: FaultScene, id: string) => Promise<void>;
  /** The tasks it has; default is one of the id. */
  readonly tasks?: readonly string[];
  /** Faults are at steps from the first on that this matches. Default: at all. */
  readonly from?: RegExp;
  /** Asks for the end of what does not end by itself. Called when the launch is over, again and again until all is. */
  readonly end?: (scene: FaultScene, id: string) => Promise<unknown>;
  /** Flags of an agent that is started again. @param starts how many there have been. */
  readonly startFlags?: (starts: number) => Flags;
}

/** How many milliseconds a disk stays full. */
const fullMs = 800;
/** How often an end is asked for, in milliseconds. */
const endMs = 100;
/** The pause between two looks at what is left, in milliseconds: each reads much of /proc. */
const lookMs = 25;
/** How often what may be lost is asked for again, in milliseconds. */
const againMs = 500;

export class FaultScene {
  readonly cluster: Cluster;
  readonly framework: Framework;
  readonly faults: Faults;
  readonly #flags: Flags;
  #count = 0;
  #starts = 0;
  #reached: readonly boolean[] = [];
  #before: readonly string[] = [];
  #isWarm = false;

  static async start(t: TestContext, flags: Flags = {}): Promise<FaultScene> {
    const directory = mkdtempSync(path.join(tmpdir(), 'faults-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const faults = new Faults(path.join(directory, 'plans'));
    const cluster = await Cluster.start(t, { agents: [flags], env: faults.env });
    return new FaultScene(cluster, await cluster.framework(), faults, flags);
  }

  private constructor(cluster: Cluster, framework: Framework, faults: Faults, flags: Flags) {
    this.#flags = flags;
    this.cluster = cluster;
    this.framework = framework;
    this.faults = faults;
  }

  /** Notes the start of a task and runs a line. @param directory where the task sees that of the cluster. */
  line(id: string, line: string, directory = this.cluster.directory): string {
    return `echo ${id} >> ${directory}/starts; ${line}`;
  }

  /** Tells of each plan of the last go whether its step was reached, and something was done there. */
  get reached(): readonly boolean[] {
    return this.#reached;
  }

  /** A task that notes its start. */
  task(id: string, line: string, more: Partial<TaskInfo> = {}): Partial<TaskInfo> {
    return shellTask(id, this.line(id, line), more);
  }

  get #startsFile(): string {
    return path.join(this.cluster.directory, 'starts');
  }

  /** Goes a way for the first time, which makes directories for all containers. What is there now is there after each way. */
  async warmUp(way: Way): Promise<void> {
    await way.prepare?.(this);
    this.#before = await this.#left();
    await this.go(way, { step: 0 });
    this.#before = await this.#left();
    this.#isWarm = true;
  }

  /** The end of all ways: shims that were kept for another container end, too. */
  async over(): Promise<void> {
    let left: string[] = [];
    const before = this.#before.filter(each => !isShim(each));
    await eventually(
      () => `nothing to be left in the end: ${differences(before, left)}`,
      async () => {
        const seen = await this.#left(true).catch(() => undefined); // what it reads may go meanwhile
        left = seen ?? left;
        const kept = this.#before.filter(isShim).length; // of what was there during all launches
        if (seen && left.filter(isShim).length <= kept) return true;
        await delay(lookMs);
        return false;
      },
    );
  }

  /**
   * Returns everything that a launch may leave: processes, files of the runtime directory, cgroups, mounts, executors, resources.
   *
   * @param withIdle also shims that may get another container.
   */
  async #left(withIdle = false): Promise<string[]> {
    return [...this.#files(), ...(await this.#known()), ...this.#processes(withIdle)].sort();
  }

  #files(): string[] {
    const { directory } = this.cluster;
    const { cgroups_root: root, gc_delay } = this.#flags;
    const runtime = path.join(directory, 'agent-1-run');
    return [
      ...(root === undefined ? [] : cgroupsBelow(String(root))),
      ...readdirSync(runtime, { recursive: true }).map(each => `file ${each}`),
      ...readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter(line => line.includes(directory)),
      ...(gc_delay === undefined ? [] : this.#collectable()),
    ];
  }

  /** What the daemons say. */
  async #known(): Promise<string[]> {
    const { agent } = this.cluster;
    const state = JSON.parse((await agent.ask('/state')).text);
    const executors = state.frameworks.flatMap((each: { executors: { id: string }[] }) => each.executors);
    const [slave] = await this.cluster.slaves();
    return [
      ...executors.map(({ id }: { id: string }) => `executor ${id}`),
      `in use: ${JSON.stringify(slave?.used_resources)}`,
      `active: ${slave?.active}, draining: ${state.drain_config !== undefined}`,
    ];
  }

  #members(): string {
    const { cgroups_root: root } = this.#flags;
    return root === undefined ? '' : membersBelow(String(root)).join('\n');
  }

  #processes(withIdle: boolean): string[] {
    const { master, agent, directory } = this.cluster;
    const isIdle = ({ pid, command }: FoundProcess) => {
      const [, id] = /^meseta-shim (\S+)/.exec(command) ?? [];
      return (
        id !== undefined && !existsSync(path.join(directory, 'agent-1-run/launcher', id)) && childrenOf(pid) === ''
      );
    };
    return processesOf(directory)
      .filter(({ pid }) => pid !== master.pid && pid !== agent.pid)
      .filter(({ command }) => !command.startsWith('meseta-spawner'))
      .filter(found => withIdle || !isIdle(found))
      .map(({ command }) => command);
  }

  /** Sandboxes and checkpoints of executors, and what is being removed. */
  #collectable(): string[] {
    const work = path.join(this.cluster.directory, 'agent-1');
    const paths = readdirSync(work, { recursive: true }).map(String);
    return paths.filter(each => /^(?:meta\/)?slaves\/S|executors\/[^/]+$|^gc\/[^/]+$/.test(each));
  }

  /**
   * Goes a way while something happens to the agent, and checks that all is over afterwards.
   *
   * @param next what happens to the agents that are started when one has ended, one after the other.
   * @returns the steps that there were, when the last plan only counts.
   */
  async go(way: Way, plan: Plan, next: readonly Plan[] = []): Promise<string[]> {
    const coming = [...next];
    const reached: boolean[] = [];
    let now = plan;
    const { cluster, framework, faults } = this;
    const { agent } = cluster;
    const id = `${way.name}-${++this.#count}`;
    const tasks = (way.tasks ?? ['']).map(suffix => id + suffix);
    await framework.roomyOffer(4);
    await faults.arm(agent, plan);
    let isLaunched = false;
    const launched = way
      .launch(this, id)
      .catch(() => undefined) // its connection may break
      .then(() => {
        isLaunched = true;
      });
    let [askedAt, endedAt, fullAt, starts] = [Date.now(), 0, 0, 0];
    const ask = async () => {
      if (isLaunched && Date.now() > endedAt + endMs) {
        await way.end?.(this, id).catch(() => undefined);
        endedAt = Date.now();
      }
      if (Date.now() < askedAt + againMs) return;
      askedAt = Date.now();
      const missing = tasks.filter(each => !framework.statusesOf(each).some(isEnd));
      const reconcile = { tasks: missing.map(value => ({ task_id: { value } })) };
      if (missing.length > 0) await framework.call({ type: 'RECONCILE', reconcile }).catch(() => undefined);
    };
    const tend = async () => {
      if (now.fault === 'ENOSPC' && faults.reached !== '') {
        fullAt ||= Date.now();
        if (Date.now() > fullAt + fullMs) {
          now = { step: 0 };
          await faults.disarm(agent);
        }
      }
      if (agent.running) return;
      const planned = coming.shift();
      // One that has just been started cannot be told anything yet: it has its plan from its start.
      [now, fullAt] = [planned ?? { step: 0 }, 0];
      if (planned === undefined) await faults.disarm(agent);
      else {
        reached.push(faults.reached !== '');
        faults.plan(planned);
      }
      starts++;
      assert.ok(starts < next.length + 4, `the agent ends when it starts:\n${agent.log.slice(-4000)}`);
      agent.spawn(way.startFlags?.(++this.#starts));
    };
    // An agent that was started meanwhile gets the time of one.
    const awaited = async (sought: () => string, probe: () => Promise<boolean>): Promise<void> => {
      for (let before = -1; before < starts; ) {
        before = starts;
        try {
          await eventually(sought, probe);
          return;
        } catch (error) {
          const isLate = error instanceof assert.AssertionError && before < starts && starts < next.length + 3;
          if (!isLate) throw error;
        }
      }
    };
    const what = () => `${way.name} with ${JSON.stringify([plan, ...next])} (${faults.reached.trim()})`;
    let left: string[] = [];
    await awaited(
      () => `the end of ${what()}: ${tasks.map(each => framework.statesOf(each))}`,
      async () => {
        await tend();
        await ask();
        return tasks.every(each => framework.statusesOf(each).some(isEnd));
      },
    );
    await launched;
    await awaited(
      () => `nothing to be left of ${what()}: ${differences(this.#before, left)}\n${this.#members()}`,
      async () => {
        await tend();
        await ask();
        const look = async () => {
          // What is looked at first costs least, and is no step of the agent's.
          const files = this.#files().filter(isSought);
          return files.some(each => !this.#before.includes(each)) ? files : this.#left();
        };
        const isSought = (each: string) => this.#isWarm || this.#before.includes(each) || !isDirectoryOfAll(each);
        left = (await look().catch(error => [String(error)])).filter(isSought);
        if (differences(this.#before, left) === '') return true;
        await delay(lookMs);
        return false;
      },
    );
    const { steps } = faults;
    this.#reached = [...reached, faults.reached !== ''];
    if (plan.step > 0) await faults.disarm(agent);
    if (!agent.running) await agent.start(way.startFlags?.(++this.#starts)); // its step was a late one
    this.#check(way.tasks?.length === 0 ? [] : tasks, plan);
    return steps;
  }

  #check(tasks: readonly string[], { fault, step }: Plan): void {
    const starts = existsSync(this.#startsFile) ? readFileSync(this.#startsFile, 'utf8').split('\n') : [];
    for (const id of tasks) {
      const runs = starts.filter(each => each === id).length;
      const name = `${id} (${fault} at ${step}: ${this.faults.reached.trim()})`;
      const { end, story } = checkHistory(name, this.framework.statusesOf(id), runs);
      if (fault === undefined) assert.ok(end?.uuid, story);
    }
  }
}

/** Directories of the runtime directory that are made with the first container, and stay. */
const isDirectoryOfAll = (line: string) => /^file (?:[a-z_]+|isolators\/command(?:\/\w+)?)$/.test(line);

/** One that waits for another container ends after a second. What belongs to one that has a container is looked at. */
const isShim = (line: string) => line.startsWith('meseta-shim');

/** Pids, separated by spaces. */
function childrenOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

/** Directories of a container that stays, for containers nested in it. Which of them there are without any is chance. */
const isEmptyNest = (line: string) => /^file containers\/[^/]+(?:\/containers)?$/.test(line);

function differences(before: readonly string[], after: readonly string[]): string {
  const more = after.filter(each => !before.includes(each));
  const less = before.filter(each => !after.includes(each) && !isShim(each) && !isEmptyNest(each));
  return [...more.map(each => `+${each}`), ...less.map(each => `-${each}`)].join('\n');
}
