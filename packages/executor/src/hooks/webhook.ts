import { boundedJson } from '@meseta/protocol';
import type { Hook, HookedTask, TaskEvent, Variables } from '@meseta/tasks';
import { httpRequest } from './http-request.ts';

/**
 * Sends every event as a POST request with `{"event", "task"}`. Any 2xx status is success. At BeforeTaskStart, an
 * answer `{"env": {VAR: value}}` adds to the task's environment.
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
    return {}; // answers of other forms set no variables
  }
  const env = (answer as { env?: unknown } | null)?.env;
  if (env === undefined || env === null) return {};
  if (typeof env !== 'object' || Array.isArray(env)) throw new Error("'env' in the webhook's answer must be an object");
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)]));
}
