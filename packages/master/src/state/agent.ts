import type {
  AgentId,
  AgentInfo,
  AgentInfoCapability,
  AgentInfoCapabilityType,
  DrainInfo,
  ExecutorInfo,
  IdMap,
  IdSet,
  Operation,
  Task,
  Unavailability,
  WireId,
} from '@meseta/protocol';
import { Resources } from '@meseta/resources';
import type { Account } from './account.ts';
import type { InverseOffer, Offer } from './offer.ts';

/**
 * The state of a registered agent. Only `Cluster`, and the functions that register, drain and remove agents, change it.
 */
export class Agent {
  readonly id: AgentId;
  info: AgentInfo;
  /** `slave(1)@ip:port`. */
  pid: string;
  /** The IP address its registration came from. Messages with its pid from another address are not accepted. */
  peer: string;
  version: string;
  capabilities: AgentInfoCapability[];
  /** Sent with each task, so that the agent can refuse work planned on resources it has changed since. Base64. */
  resourceVersion: string | undefined;
  /** Milliseconds since the epoch. */
  readonly registeredAt: number;
  reregisteredAt: number | undefined;
  /** The same of a clock that is never set. */
  reregisteredSteadyMs = Number.NEGATIVE_INFINITY;
  /** False from the moment its link breaks until it re-registers or is marked unreachable. */
  connected = true;
  /** False while disconnected, draining or deactivated: it is in no offer then. */
  active = true;
  /** Deactivated by an operator. */
  deactivated = false;
  drainInfo: DrainInfo | undefined;
  /** When draining began or was taken up by this master, milliseconds since the epoch. */
  drainStartedAt: number | undefined;
  /** When maintenance takes its machine away. */
  unavailability: Unavailability | undefined;
  /** Everything the agent has, with its reservations and volumes as the agent last confirmed them. */
  total: Resources;
  /** Tasks by framework id, then task id; the same objects as in the frameworks. */
  readonly tasks: IdMap<'framework', IdMap<'task', Task>> = new Map();
  /** Executors by framework id, then executor id. */
  readonly executors: IdMap<'framework', IdMap<'executor', ExecutorInfo>> = new Map();
  /** Held by tasks and executors, by framework id. */
  readonly used: IdMap<'framework', Account> = new Map();
  readonly offers: IdMap<'offer', Offer> = new Map();
  readonly inverseOffers: IdMap<'offer', InverseOffer> = new Map();
  /** Operations not yet finished or acknowledged, by uuid. */
  readonly operations = new Map<string, Operation>();
  /** Kills that the agent may have missed: sent again when it re-registers. By framework id. */
  readonly killedTasks: IdMap<'framework', IdSet<'task'>> = new Map();

  constructor(id: AgentId, registration: AgentRegistration, registeredAt: number) {
    this.id = id;
    this.info = { ...registration.info, id: { value: id } };
    this.pid = registration.pid;
    this.peer = registration.peer;
    this.version = registration.version;
    this.capabilities = registration.capabilities;
    this.resourceVersion = registration.resourceVersion;
    this.total = registration.total;
    this.registeredAt = registeredAt;
  }

  /** Tells whether its ports are not used up: they are offered while tasks have them, and several tasks may have one. */
  get sharesPorts(): boolean {
    return this.has('SHARED_PORTS');
  }

  /** Returns what is offered of it. */
  get offered(): Resources {
    return Resources.sum([...this.offers.values()].map(({ resources }) => resources));
  }

  has(capability: AgentInfoCapabilityType): boolean {
    return this.capabilities.some(({ type }) => type === capability);
  }

  task(frameworkId: WireId<'framework'>, taskId: WireId<'task'>): Task | undefined {
    return this.tasks.get(frameworkId)?.get(taskId);
  }

  executor(frameworkId: WireId<'framework'>, executorId: WireId<'executor'>): ExecutorInfo | undefined {
    return this.executors.get(frameworkId)?.get(executorId);
  }

  /** Returns what all frameworks together hold. */
  get totalUsed(): Resources {
    return Resources.sum([...this.used.values()].map(({ sum }) => sum));
  }
}

/** What registration and re-registration have in common. */
export interface AgentRegistration {
  info: AgentInfo;
  pid: string;
  peer: string;
  version: string;
  capabilities: AgentInfoCapability[];
  resourceVersion: string | undefined;
  total: Resources;
}
