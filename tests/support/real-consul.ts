/** A real agent of Consul in development mode: it keeps everything in memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { eventually, freePort, needs } from '@meseta/system/testing';

/** For tests that use {@link RealConsul}: `scripts/install-consul.sh` installs it. */
export const needsConsul = needs.program('consul', 'the test runs a real agent of Consul');

export class RealConsul {
  /** `127.0.0.1:port` of its HTTP API. */
  readonly address: string;
  readonly #argv: readonly string[];
  #child: ChildProcess | undefined;

  static async start(t: TestContext): Promise<RealConsul> {
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
    const consul = new RealConsul(ports);
    t.after(() => consul.kill());
    await consul.start();
    return consul;
  }

  private constructor([http = 0, server = 0, lan = 0, wan = 0]: readonly number[]) {
    this.address = `127.0.0.1:${http}`;
    this.#argv = [
      ...['agent', '-dev', '-bind=127.0.0.1', '-client=127.0.0.1', `-http-port=${http}`, `-server-port=${server}`],
      ...[`-serf-lan-port=${lan}`, `-serf-wan-port=${wan}`, '-dns-port=-1', '-grpc-port=-1'],
      // Sessions may be shorter than Consul allows by default.
      ...['-hcl', 'session_ttl_min = "1s"'],
    ];
  }

  /** Starts it, empty, and waits until it can store something. */
  async start(): Promise<void> {
    this.#child = spawn('consul', this.#argv, { stdio: 'ignore' });
    await eventually('Consul to lead itself', async () => {
      const answer = await fetch(`http://${this.address}/v1/kv/ready`, { method: 'PUT', body: '1' }).catch(
        () => undefined,
      );
      return answer?.ok;
    });
  }

  /** SIGSTOP and SIGCONT are waited for by nobody. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended;
  }

  /** Returns the body of the answer. @throws when Consul does not answer so. */
  async ask(method: string, path: string, body?: string): Promise<unknown> {
    const answer = await fetch(`http://${this.address}/v1${path}`, { method, ...(body !== undefined && { body }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Consul answers ${answer.status} to ${path}: ${text}`);
    return JSON.parse(text);
  }
}
