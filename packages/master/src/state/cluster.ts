/**
 * The state of the cluster, and the only place that connects its parts: a task is in both its framework and its agent
 * or in neither, an offer likewise, and used and offered resources are always the sum of their parts. Everything here
 * is synchronous and has no effects outside. Observers (metrics, operator events) are notified of changes.
 */

import { BoundedHistory } from '@meseta/daemon';
import {
  type AgentInfo,
  checkId,
  type ExecutorInfo,
  type Id,
  type IdKind,
  type IdMap,
  type Operation,
  type Task,
  type TaskStatus,
  type TimeInfo,
  type WireId,
} from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import { Account } from './account.ts';
import type { Agent, AgentRegistration } from './agent.ts';
import type { Framework } from './framework.ts';
import type { InverseOffer, Offer } from './offer.ts';
import { holdsResources } from './task-states.ts';

/** Receives changes after they happened, in order. Must not change the cluster. */
export interface ClusterObserver {
  frameworkAdded?(framework: Framework): void;
  frameworkUpdated?(framework: Framework): void;
  frameworkRemoved?(framework: Framework): void;
  agentAdded?(agent: Agent): void;
  /** An agent is in offers or not, drains, has a connection, or has other resources, reservations, volumes or executors than before. */
  agentUpdated?(agent: Agent): void;
  agentRemoved?(agent: Agent): void;
  taskAdded?(task: Task, framework: Framework): void;
  /** A status changed the task's state (which was `before`), or reported the result of a check. */
  taskUpdated?(task: Task, status: TaskStatus, framework: Framework, before: Task['state']): void;
  /** A task that ended under an earlier master is in the history of its framework. */
  taskRemembered?(task: Task, framework: Framework): void;
  taskRemoved?(task: Task, framework: Framework): void;
  operationRemoved?(operation: Operation): void;
}

/** The sizes of the histories, and how agents are reached. */
export interface ClusterOptions {
  readonly maxCompletedFrameworks: number;
  /** Default: `http`. */
  readonly agentScheme?: 'http' | 'https';
}

/** An agent that is unreachable, and the machine that an operator has to look at. */
export interface UnreachableAgent {
  readonly since: TimeInfo;
  /** Where the agent listened. The registry does not have it, as in Mesos: undefined when an earlier master lost the agent. */
  readonly place?: { readonly hostname: string; readonly port: number };
}

/** The state of the cluster. See the top of this file. */
export class Cluster {
  readonly frameworks: IdMap<'framework', Framework> = new Map();
  /** Frameworks that are gone, and whose tasks and executors are being ended over several turns of the event loop. */
  readonly frameworksBeingRemoved: IdMap<'framework', Framework> = new Map();
  readonly completedFrameworks: BoundedHistory<'framework', Framework>;
  /** Registered agents, disconnected ones included. */
  readonly agents: IdMap<'agent', Agent> = new Map();
  /** Agents that are gone, and whose tasks and executors are being ended over several turns of the event loop. */
  readonly agentsBeingRemoved: IdMap<'agent', Agent> = new Map();
  /** Admitted by the registry, not seen since this master started. */
  readonly recoveredAgents: IdMap<'agent', AgentInfo> = new Map();
  /** Agents the registry has as unreachable. */
  readonly unreachableAgents: IdMap<'agent', UnreachableAgent> = new Map();
  /** Agents the registry has as gone for good. */
  readonly goneAgents: IdMap<'agent', TimeInfo> = new Map();
  readonly offers: IdMap<'offer', Offer> = new Map();
  readonly inverseOffers: IdMap<'offer', InverseOffer> = new Map();
  /** How the addresses of agents begin. */
  readonly agentScheme: 'http' | 'https';
  readonly #observers: ClusterObserver[] = [];
  #frameworks = 0;
  readonly #agentsByPid = new Map<string, Agent>();

  constructor({ maxCompletedFrameworks, agentScheme = 'http' }: ClusterOptions) {
    this.agentScheme = agentScheme;
    this.completedFrameworks = new BoundedHistory(maxCompletedFrameworks);
  }

  observe(observer: ClusterObserver): void {
    this.#observers.push(observer);
  }

  /** Returns the number of the next framework id of this master. */
  nextFrameworkNumber(): number {
    return this.#frameworks++;
  }

  addFramework(framework: Framework): void {
    this.frameworks.set(framework.id, framework);
    for (const observer of this.#observers) observer.frameworkAdded?.(framework);
  }

  /** Tells observers that info, state or connection of a framework changed. */
  frameworkChanged(framework: Framework): void {
    for (const observer of this.#observers) observer.frameworkUpdated?.(framework);
  }

  /** Begins to remove a framework: it is in the history from now on, with the tasks and executors that it still has. */
  beginRemoval(framework: Framework): void {
    this.frameworks.delete(framework.id);
    this.frameworksBeingRemoved.set(framework.id, framework);
    this.completedFrameworks.add(framework.id, framework);
  }

  /** Forgets a framework whose tasks, executors and offers are gone; it stays in the history. */
  removeFramework(framework: Framework): void {
    if (this.frameworks.has(framework.id)) this.beginRemoval(framework);
    this.frameworksBeingRemoved.delete(framework.id);
    for (const observer of this.#observers) observer.frameworkRemoved?.(framework);
  }

  addAgent(agent: Agent): void {
    this.recoveredAgents.delete(agent.id);
    this.unreachableAgents.delete(agent.id);
    this.agents.set(agent.id, agent);
    this.#agentsByPid.set(agent.pid, agent);
    for (const observer of this.#observers) observer.agentAdded?.(agent);
  }

  /** Tells observers that state, connection or resources of a registered agent changed. */
  agentChanged(agent: Agent): void {
    if (this.agents.get(agent.id) !== agent) return;
    for (const observer of this.#observers) observer.agentUpdated?.(agent);
  }

  /** Begins to remove an agent: calls and messages do not find it from now on. It keeps its tasks and executors still. */
  beginAgentRemoval(agent: Agent): void {
    this.agents.delete(agent.id);
    if (this.#agentsByPid.get(agent.pid) === agent) this.#agentsByPid.delete(agent.pid);
    this.agentsBeingRemoved.set(agent.id, agent);
  }

  /** Forgets an agent whose tasks, executors and offers are gone. */
  removeAgent(agent: Agent): void {
    if (this.agents.get(agent.id) === agent) this.beginAgentRemoval(agent);
    this.agentsBeingRemoved.delete(agent.id);
    for (const observer of this.#observers) observer.agentRemoved?.(agent);
  }

  /** Returns the agent registered from this address, if any. */
  agentByPid(pid: string): Agent | undefined {
    return this.#agentsByPid.get(pid);
  }

  /** Replaces an agent's registration when it re-registers. */
  updateAgent(agent: Agent, registration: AgentRegistration): void {
    if (this.#agentsByPid.get(agent.pid) === agent) this.#agentsByPid.delete(agent.pid);
    this.#agentsByPid.set(registration.pid, agent);
    Object.assign(agent, registration, { info: { ...registration.info, id: { value: agent.id } } });
    this.agentChanged(agent);
  }

  /** An operation under way on an agent's resources; without a framework it is an operator's, or an orphan. */
  addOperation(operation: Operation, framework: Framework | undefined, agent: Agent): void {
    agent.operations.set(operation.uuid.value, operation);
    framework?.operations.set(operation.uuid.value, operation);
  }

  removeOperation(operation: Operation): void {
    const { uuid, agent_id, framework_id } = operation;
    this.agents.get(agent_id?.value ?? '')?.operations.delete(uuid.value);
    this.frameworks.get(framework_id?.value ?? '')?.operations.delete(uuid.value);
    for (const observer of this.#observers) observer.operationRemoved?.(operation);
  }

  addTask(task: Task, framework: Framework, agent: Agent): void {
    this.addTasks([task], framework, agent);
  }

  /** Adds tasks of one framework that an agent runs: as one by one, but what they use is summed up once. */
  addTasks(tasks: readonly Task[], framework: Framework, agent: Agent): void {
    if (tasks.length === 0) return;
    const own = nested(agent.tasks, framework.id);
    const used: Resources[] = [];
    for (const task of tasks) {
      const id = checkId(task.task_id.value);
      framework.tasks.set(id, task);
      own.set(id, task);
      if (task.resources && holdsResources(task)) used.push(Resources.of(task.resources));
    }
    this.#use(framework, agent, used);
    for (const task of tasks) for (const observer of this.#observers) observer.taskAdded?.(task, framework);
  }

  /**
   * Sets a task's state. When the new one is the first that holds no resources, those it held are free.
   *
   * @returns what became free, to be given back to the allocator.
   */
  updateTask(
    task: Task,
    status: TaskStatus,
    latest: Task['state'],
    framework: Framework,
    agent: Agent | undefined,
  ): Resources {
    const held = holdsResources(task);
    const before = task.state;
    const changed = before !== latest || isNews(lastStatus(task), status);
    task.state = latest;
    let freed = Resources.empty;
    if (held && !holdsResources(task)) {
      freed = Resources.of(task.resources);
      this.#free(framework, agent, freed);
    }
    if (changed) for (const observer of this.#observers) observer.taskUpdated?.(task, status, framework, before);
    return freed;
  }

  /**
   * Removes a task from its framework and agent. A completed one goes to the history, an unreachable one to that of
   * unreachable tasks.
   *
   * @param unreachable the task's agent is unreachable, whatever was reported to the framework: frameworks that are not
   * PARTITION_AWARE get TASK_LOST.
   * @returns what it still held, to be given back to the allocator.
   */
  removeTask(task: Task, framework: Framework, agent: Agent | undefined, unreachable = false): Resources {
    const id = checkId(task.task_id.value);
    let freed = Resources.empty;
    if (holdsResources(task)) {
      freed = Resources.of(task.resources);
      this.#free(framework, agent, freed);
    }
    framework.tasks.delete(id);
    dropNested(agent?.tasks, framework.id, id);
    const history = unreachable ? framework.unreachableTasks : framework.completedTasks;
    history.add(id, task);
    for (const observer of this.#observers) observer.taskRemoved?.(task, framework);
    return freed;
  }

  /** Adds a task that ended under an earlier master to the history of its framework. */
  rememberTask(task: Task, framework: Framework): void {
    const id = checkId<'task'>(task.task_id.value);
    const isNew = !framework.completedTasks.has(id);
    framework.completedTasks.add(id, task);
    if (isNew) for (const observer of this.#observers) observer.taskRemembered?.(task, framework);
  }

  addExecutor(executor: ExecutorInfo, framework: Framework, agent: Agent): void {
    const id = checkId(executor.executor_id.value);
    nested(framework.executors, agent.id).set(id, executor);
    nested(agent.executors, framework.id).set(id, executor);
    this.#use(framework, agent, [Resources.of(executor.resources)]);
    this.agentChanged(agent);
  }

  /** @returns what it held, to be given back to the allocator; nothing when it is unknown. */
  removeExecutor(executorId: WireId<'executor'>, framework: Framework, agent: Agent): Resources {
    const executor = agent.executor(framework.id, executorId);
    if (!executor) return Resources.empty;
    dropNested(framework.executors, agent.id, executorId);
    dropNested(agent.executors, framework.id, executorId);
    const freed = Resources.of(executor.resources);
    this.#free(framework, agent, freed);
    this.agentChanged(agent);
    return freed;
  }

  addOffer(offer: Offer, framework: Framework, agent: Agent): void {
    this.offers.set(offer.id, offer);
    framework.offers.set(offer.id, offer);
    framework.offersChanged();
    agent.offers.set(offer.id, offer);
  }

  removeOffer(offer: Offer): void {
    offer.cancelTimeout?.();
    this.offers.delete(offer.id);
    const framework = this.frameworks.get(offer.frameworkId);
    if (framework?.offers.delete(offer.id)) framework.offersChanged();
    this.agents.get(offer.agentId)?.offers.delete(offer.id);
  }

  /**
   * Makes all offers of a framework void: it can no longer use them. Only their agents still have them, whose resources
   * they hold until each of them is removed.
   */
  takeOffers(framework: Framework): (Offer | InverseOffer)[] {
    const taken = [...framework.offers.values(), ...framework.inverseOffers.values()];
    for (const id of framework.offers.keys()) this.offers.delete(id);
    for (const id of framework.inverseOffers.keys()) this.inverseOffers.delete(id);
    framework.offers.clear();
    framework.offersChanged();
    framework.inverseOffers.clear();
    return taken;
  }

  addInverseOffer(offer: InverseOffer): void {
    this.inverseOffers.set(offer.id, offer);
    this.frameworks.get(offer.frameworkId)?.inverseOffers.set(offer.id, offer);
    this.agents.get(offer.agentId)?.inverseOffers.set(offer.id, offer);
  }

  removeInverseOffer(offer: InverseOffer): void {
    offer.cancelTimeout?.();
    this.inverseOffers.delete(offer.id);
    this.frameworks.get(offer.frameworkId)?.inverseOffers.delete(offer.id);
    this.agents.get(offer.agentId)?.inverseOffers.delete(offer.id);
  }

  /** An agent that may have tasks: one that is being removed, too. */
  agentWithTasks(id: WireId<'agent'>): Agent | undefined {
    return this.agents.get(id) ?? this.agentsBeingRemoved.get(id);
  }

  /** A framework that may have tasks: one that is being removed, too. */
  frameworkWithTasks(id: WireId<'framework'>): Framework | undefined {
    return this.frameworks.get(id) ?? this.frameworksBeingRemoved.get(id);
  }

  /** A framework, registered, being removed or completed. */
  findFramework(id: WireId<'framework'>): Framework | undefined {
    return this.frameworkWithTasks(id) ?? this.completedFrameworks.get(id);
  }

  /** @param holders what each task or executor holds. */
  #use(framework: Framework, agent: Agent, holders: readonly Resources[]): void {
    framework.held.addAll(holders);
    const used = agent.used.get(framework.id) ?? new Account();
    used.addAll(holders);
    if (!used.isEmpty) agent.used.set(framework.id, used);
  }

  #free(framework: Framework, agent: Agent | undefined, resources: Resources): void {
    framework.held.subtract(resources);
    const used = agent?.used.get(framework.id);
    used?.subtract(resources);
    if (used?.isEmpty) agent?.used.delete(framework.id);
  }
}

function lastStatus(task: Task): TaskStatus | undefined {
  return task.statuses?.at(-1);
}

/** A status of another state than the last, or the result of a check, whether it is another one or not. */
function isNews(last: TaskStatus | undefined, { state, reason }: TaskStatus): boolean {
  return (
    last?.state !== state ||
    reason === 'REASON_TASK_CHECK_STATUS_UPDATED' ||
    reason === 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED'
  );
}

function nested<K extends IdKind, L extends IdKind, V>(outer: IdMap<K, IdMap<L, V>>, key: Id<K>): IdMap<L, V> {
  let inner = outer.get(key);
  if (!inner) {
    inner = new Map();
    outer.set(key, inner);
  }
  return inner;
}

function dropNested<K extends IdKind, L extends IdKind, V>(
  outer: IdMap<K, IdMap<L, V>> | undefined,
  key: WireId<K>,
  innerKey: WireId<L>,
): void {
  const inner = outer?.get(key);
  if (inner?.delete(innerKey) && inner.size === 0) outer?.delete(key);
}
