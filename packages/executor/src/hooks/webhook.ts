import { boundedJson } from '@meseta/protocol';
import type { Hook, HookedTask, TaskEvent, Variables } from '@meseta/tasks';
import { httpRequest } from './http-request.ts';

/**
 * POSTs every event as `{"event", "task"}`. Any 2xx is success; an answer `{"env": {VAR: value}}` at BeforeTaskStart
 * joins the task's environment.
 */
export class Webhook implements Hook {
  readonly name = 'webhook';
  readonly #url: URL;
  readonly #token: string | undefined;

  constructor(url: URL, token: string | undefined) {
    this.#url = url;
    this.#token = token;
  }

  async handle(event: TaskEvent, { info: task }: HookedTask, signal: AbortSignal): Promise<Variables> {
    const { status, text } = await httpRequest(this.#url, {
      method: 'POST',
      headers: { 'X-Meseta-Event': event, ...(this.#token && { Authorization: `Bearer ${this.#token}` }) },
      body: { event, task },
      signal,
    });
    if (status < 200 || status > 299) throw new Error(`the webhook answered ${status}`);
    return event === 'BeforeTaskStart' ? variablesIn(text) : {};
  }
}

function variablesIn(text: string): Variables {
  let answer: unknown;
  try {
    answer = boundedJson(text);
  } catch {
    return {}; // any other answer is fine, too
  }
  const env = (answer as { env?: unknown } | null)?.env;
  if (env === undefined || env === null) return {};
  if (typeof env !== 'object' || Array.isArray(env)) throw new Error("'env' in the webhook's answer is no object");
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}
