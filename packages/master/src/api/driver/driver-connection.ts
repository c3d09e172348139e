import {
  ExecutorToFrameworkMessage,
  ExitedExecutorMessage,
  excerpt,
  FrameworkErrorMessage,
  FrameworkRegisteredMessage,
  FrameworkReregisteredMessage,
  InverseOffersMessage,
  LostSlaveMessage,
  RescindInverseOfferMessage,
  RescindResourceOfferMessage,
  ResourceOffersMessage,
  type SchedulerEvent,
  type SchedulerEventFailure,
  type SchedulerEventSubscribed,
  StatusUpdateMessage,
  type TaskStatus,
  type WireId,
} from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import type { SchedulerConnection } from '../../state/framework.ts';

/**
 * A v0 scheduler driver: events become libprocess messages to its address. Drivers get no heartbeats, and nothing about
 * operations; that their process has gone is seen by the link to it.
 */
export class DriverConnection implements SchedulerConnection {
  readonly kind = 'driver';
  readonly pid: string;
  readonly peer: string;
  readonly #context: MasterContext;
  #frameworkId = '';
  #unlink: (() => void) | undefined;

  /** @param pid the driver's address; @param peer IP address its registration came from. */
  constructor(context: MasterContext, pid: string, peer: string) {
    this.#context = context;
    this.pid = pid;
    this.peer = peer;
  }

  open({ framework_id, master_info }: SchedulerEventSubscribed, again: boolean, lost: () => void): void {
    this.#frameworkId = framework_id.value;
    const { messages, info } = this.#context;
    this.#unlink?.();
    this.#unlink = messages.link(this.pid, lost, true);
    const type = again ? FrameworkReregisteredMessage : FrameworkRegisteredMessage;
    messages.send(this.pid, type, { framework_id, master_info: master_info ?? info });
  }

  close(reason?: string): void {
    this.#unlink?.();
    this.#unlink = undefined;
    if (reason !== undefined)
      this.#context.messages.send(this.pid, FrameworkErrorMessage, { message: excerpt(reason) });
  }

  send(event: SchedulerEvent): void {
    const { messages } = this.#context;
    const { offers, inverse_offers, rescind, rescind_inverse_offer, update, message, failure, error } = event;
    if (offers) {
      const list = offers.offers ?? [];
      const pids = list.map(({ agent_id }) => this.#agentPid(agent_id.value));
      messages.send(this.pid, ResourceOffersMessage, { offers: list, pids });
    } else if (inverse_offers) {
      const list = inverse_offers.inverse_offers ?? [];
      const pids = list.map(({ agent_id }) => this.#agentPid(agent_id?.value ?? ''));
      messages.send(this.pid, InverseOffersMessage, { inverse_offers: list, pids });
    } else if (rescind) messages.send(this.pid, RescindResourceOfferMessage, rescind);
    else if (rescind_inverse_offer) messages.send(this.pid, RescindInverseOfferMessage, rescind_inverse_offer);
    else if (update) messages.send(this.pid, StatusUpdateMessage, this.#statusUpdate(update.status));
    else if (message) {
      messages.send(this.pid, ExecutorToFrameworkMessage, { ...message, framework_id: { value: this.#frameworkId } });
    } else if (failure) this.#sendFailure(failure);
    else if (error) messages.send(this.pid, FrameworkErrorMessage, { message: excerpt(error.message) });
  }

  /** Without a pid the driver does not acknowledge: so it is with what the master itself says. */
  #statusUpdate(status: TaskStatus): StatusUpdateMessage {
    const { executor_id, agent_id, timestamp = 0, uuid, state } = status;
    const update: StatusUpdateMessage['update'] = {
      framework_id: { value: this.#frameworkId },
      status,
      timestamp,
      ...(executor_id && { executor_id }),
      ...(agent_id && { agent_id }),
    };
    if (uuid === undefined) return { update };
    return { update: { ...update, uuid, latest_state: state }, pid: this.#agentPid(agent_id?.value ?? '') };
  }

  #sendFailure({ agent_id, executor_id, status = 0 }: SchedulerEventFailure): void {
    if (!agent_id) return;
    const { messages } = this.#context;
    if (!executor_id) return messages.send(this.pid, LostSlaveMessage, { agent_id });
    const framework_id = { value: this.#frameworkId };
    messages.send(this.pid, ExitedExecutorMessage, { agent_id, framework_id, executor_id, status });
  }

  #agentPid(agentId: WireId<'agent'>): string {
    return this.#context.cluster.agents.get(agentId)?.pid ?? '';
  }
}
