import {
  FrameworkToExecutorMessage,
  type KillPolicy,
  KillTaskMessage,
  RunTaskMessage,
  ShutdownExecutorMessage,
  StatusUpdateAcknowledgementMessage,
  type TaskInfo,
  type WireId,
} from '@meseta/protocol';
import type { RegisteredContext } from '../context.ts';
import type { Executor, ExecutorConnection } from '../state/executor.ts';
import type { Framework } from '../state/framework.ts';

/** An executor that uses the v0 driver: every event is a libprocess message to its pid. */
export class DriverExecutorConnection implements ExecutorConnection {
  readonly kind = 'driver';
  readonly pid: string;
  readonly #context: RegisteredContext;
  readonly #framework: Framework;
  readonly #executor: Executor;

  constructor(context: RegisteredContext, framework: Framework, executor: Executor, pid: string) {
    this.#context = context;
    this.#framework = framework;
    this.#executor = executor;
    this.pid = pid;
  }

  launch(task: TaskInfo): void {
    const { info: framework, pid = '' } = this.#framework;
    this.#context.messages.send(this.pid, RunTaskMessage, { framework, pid, task });
  }

  kill(taskId: WireId<'task'>, killPolicy: KillPolicy | undefined): void {
    this.#context.messages.send(this.pid, KillTaskMessage, {
      framework_id: { value: this.#framework.id },
      task_id: { value: taskId },
      ...(killPolicy ? { kill_policy: killPolicy } : {}),
    });
  }

  acknowledge(taskId: WireId<'task'>, uuid: string): void {
    this.#context.messages.send(this.pid, StatusUpdateAcknowledgementMessage, {
      ...this.#ids(),
      task_id: { value: taskId },
      uuid,
    });
  }

  message(data: string): void {
    const executor_id = { value: this.#executor.id };
    this.#context.messages.send(this.pid, FrameworkToExecutorMessage, { ...this.#ids(), executor_id, data });
  }

  shutdown(): void {
    this.#context.messages.send(this.pid, ShutdownExecutorMessage, {});
  }

  close(): void {
    // Nothing is held: messages are sent by address.
  }

  #ids() {
    return { agent_id: { value: this.#context.agent.id }, framework_id: { value: this.#framework.id } };
  }
}
