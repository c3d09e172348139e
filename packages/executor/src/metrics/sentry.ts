import { randomUUID } from 'node:crypto';
import type { Clock } from '@meseta/system';
import { httpRequest } from '../hooks/http-request.ts';

const timeoutMs = 5000;

/** What every report to Sentry contains besides the error, and the clock of its time. */
export interface SentryContext {
  readonly serverName: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Reports errors to Sentry.
 *
 * @see https://develop.sentry.dev/sdk/data-model/envelopes/
 */
export class Sentry {
  readonly #url: URL;
  readonly #auth: string;
  readonly #context: SentryContext;
  readonly #sending = new Set<Promise<unknown>>();

  /** @param dsn `https://<key>@<host>/<project>`. */
  constructor(dsn: URL, context: SentryContext) {
    const [project = '', ...path] = dsn.pathname
      .split('/')
      .filter(part => part !== '')
      .reverse();
    this.#url = new URL(
      `${[...path.reverse(), 'api', project, 'envelope'].join('/')}/`,
      `${dsn.protocol}//${dsn.host}`,
    );
    this.#auth = `Sentry sentry_version=7, sentry_client=meseta-executor/1, sentry_key=${dsn.username}`;
    this.#context = context;
  }

  /** Sends a report in the background. A failure to send is ignored, because Sentry is where failures are reported. */
  report(message: string, error: unknown): void {
    const { serverName, tags, clock } = this.#context;
    const nowMs = clock.now();
    const event = {
      event_id: randomUUID().replaceAll('-', ''),
      timestamp: nowMs / 1000,
      platform: 'node',
      level: 'error',
      logger: 'meseta-executor',
      server_name: serverName,
      tags,
      message,
      ...(error instanceof Error && {
        exception: { values: [{ type: error.name, value: error.message }] },
        extra: { stack: error.stack },
      }),
    };
    const header = { event_id: event.event_id, sent_at: new Date(nowMs).toISOString() };
    const envelope = [header, { type: 'event' }, event].map(part => JSON.stringify(part)).join('\n');
    const sent = httpRequest(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-sentry-envelope', 'X-Sentry-Auth': this.#auth },
      rawBody: `${envelope}\n`,
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => undefined); // there is nowhere else to report it
    this.#sending.add(sent);
    void sent.finally(() => this.#sending.delete(sent));
  }

  /** Resolves when all reports are sent or have failed. */
  async close(): Promise<void> {
    await Promise.all(this.#sending);
  }
}
