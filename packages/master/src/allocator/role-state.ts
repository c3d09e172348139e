import { isStrictSubrole, type Quantities, topLevelRole } from '@meseta/resources';
import type { AgentState } from './agent-state.ts';
import type { Abilities, FrameworkState } from './framework-state.ts';
import type { AgentGate } from './gates/gate.ts';
import type { Sorter } from './sorter/index.ts';

/** A role with frameworks in it. */
export class RoleState {
  readonly name: string;
  /** The role its quota is set for. */
  readonly top: string;
  readonly isHierarchical: boolean;
  readonly sorter: Sorter<Client>;
  /** By framework id. */
  readonly clients = new Map<string, Client>();

  constructor(name: string, sorter: Sorter<Client>) {
    this.name = name;
    this.top = topLevelRole(name);
    this.isHierarchical = isStrictSubrole(name, this.top);
    this.sorter = sorter;
  }
}

/** A framework in one of its roles: what competes for resources. */
export class Client {
  readonly framework: FrameworkState;
  readonly role: RoleState;
  /** Agents it holds something of. */
  readonly agents = new Set<AgentState>();
  /** Refusals of another era count no more. */
  filterEra: object = {};
  /** What can keep it away from an agent. */
  gates: readonly AgentGate[] = [];
  /** An offer must have one of these; any will do when there is none. */
  minimum: readonly Quantities[] = [];

  constructor(framework: FrameworkState, role: RoleState) {
    this.framework = framework;
    this.role = role;
  }

  get abilities(): Abilities {
    return this.framework.abilities;
  }

  /** Forgets all that it refused. */
  clearFilters(): void {
    this.filterEra = {};
  }

  /** False when it only holds resources of a role it has left. */
  get subscribed(): boolean {
    return this.framework.roles.has(this.role.name);
  }
}
