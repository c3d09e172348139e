/** What an allocator module is. */
import type { Attribute, DomainInfo, Resource } from '@meseta/protocol';
import type { Amounts } from '@meseta/resources';

/** An agent with free resources. */
export interface FreeAgent {
  readonly id: string;
  readonly hostname: string;
  readonly attributes: readonly Attribute[];
  readonly domain?: DomainInfo;
  readonly total: readonly Resource[];
  readonly free: readonly Resource[];
}

/** A framework that wants offers. */
export interface WaitingFramework {
  readonly id: string;
  readonly name: string;
  /** The roles it wants offers for. */
  readonly roles: readonly string[];
  readonly capabilities: readonly string[];
  /** What is offered to it or in use, by role. */
  readonly held: Readonly<Record<string, Amounts>>;
}

/** A role with frameworks in it. */
export interface AllocatableRole {
  readonly name: string;
  /** 1 unless an operator has set another one. */
  readonly weight: number;
  /** What is offered or in use in the role and all roles below it. */
  readonly held: Amounts;
  /** Of its quota; only top-level roles have one. */
  readonly guarantees: Amounts;
  readonly limits: Amounts;
}

/** A question to an allocator module. */
export interface AllocationRequest {
  /** At most 200, in random order. The others that have something free are in other calls. */
  readonly agents: readonly FreeAgent[];
  readonly frameworks: readonly WaitingFramework[];
  readonly roles: readonly AllocatableRole[];
  /** What all agents have together. */
  readonly total: Amounts;
}

/** Who is to be offered what. */
export interface AllocationChoice {
  readonly agentId: string;
  readonly frameworkId: string;
  readonly role: string;
  /** A part of what is free of the agent. Absent: all of it that the framework may have. */
  readonly resources?: readonly Resource[];
}

/** An allocator of a module. */
export interface ModuleAllocator {
  /**
   * Chooses who is offered what. Choices are performed in order, and one that cannot be performed (any more) is passed
   * over: the master applies filters, quotas, reservations and capabilities. Several for one agent say who comes first.
   */
  allocate(request: AllocationRequest): readonly AllocationChoice[] | Promise<readonly AllocationChoice[]>;
}
