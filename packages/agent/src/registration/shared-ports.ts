import type { MasterSlaveConnection } from '@meseta/protocol';
import type { AgentContext } from '../context.ts';

/**
 * Tells the operator of an agent with `--shared_ports` when its master uses ports up all the same: Apache Mesos does, and
 * earlier Mesetas do. Only Meseta's answer to a registration says that it knows shared ports.
 */
export class SharedPortsNotice {
  readonly #context: AgentContext;
  /** The latest master did not know shared ports. */
  #isSaid = false;

  constructor(context: AgentContext) {
    this.#context = context;
  }

  /** Looks at a master's answer to a registration. Warns once, until a master knows shared ports and another one does not. */
  answered(connection: MasterSlaveConnection | undefined): void {
    const { agent, flags, log } = this.#context;
    if (!flags.shared_ports) return;
    const isKnown = connection?.knows_shared_ports ?? false;
    if (!isKnown && !this.#isSaid) {
      log.warning(
        'The master does not know --shared_ports: it offers a port to no other framework while a task or an offer has it',
        { master: agent.master },
      );
    }
    this.#isSaid = !isKnown;
  }
}
