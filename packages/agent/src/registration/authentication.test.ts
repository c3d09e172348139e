/** An agent with a credential, and masters that answer as they should not. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseFlags } from '@meseta/flags';
import {
  formatPid,
  HttpServer,
  Libprocess,
  type Pid,
  Router,
  type SaslKind,
  type SaslMessage,
  saslTypes,
} from '@meseta/process';
import { decode, encode, type MessageType, RegisterSlaveMessage, SlaveRegisteredMessage } from '@meseta/protocol';
import { eventually } from '@meseta/system/testing';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';
import type { RunningAgent } from '../running-agent.ts';
import { HeldClock } from '../testing/held-clock.ts';
import { agentArguments, bench } from '../testing/test-agent.ts';

interface Heard {
  readonly kind: SaslKind | 'register';
  readonly from: Pid;
  readonly body: unknown;
}

/** A process with a master's actors, which hears what an agent sends and answers what the test says. */
class Master {
  readonly heard: Heard[] = [];
  readonly #libprocess: Libprocess;

  private constructor(libprocess: Libprocess) {
    this.#libprocess = libprocess;
    this.#hear('master', 'register', RegisterSlaveMessage);
    this.#hear('master', 'authenticate', saslTypes.authenticate);
    for (const kind of ['start', 'step'] as const) this.#hear('session', kind, saslTypes[kind]);
  }

  static async start(t: TestContext): Promise<Master> {
    const server = new HttpServer({ handler: new Router().handle, report: () => undefined });
    await server.listen('127.0.0.1', 0);
    const libprocess = new Libprocess(server, { report: () => undefined });
    t.after(async () => {
      libprocess.close();
      await server.close(0);
    });
    return new Master(libprocess);
  }

  get address(): string {
    const { ip, port } = this.#libprocess.pid('master');
    return `${ip}:${port}`;
  }

  #hear(actor: string, kind: Heard['kind'], type: MessageType<unknown>): void {
    this.#libprocess.install(actor, type.fullName, (from, body) => {
      this.heard.push({ kind, from, body: decode(type, body) });
    });
  }

  /** The n-th message of a kind. */
  async hears(kind: Heard['kind'], number = 1): Promise<Heard> {
    const find = () => this.heard.filter(each => each.kind === kind)[number - 1];
    return eventually(() => `${kind} number ${number}; heard ${this.heard.map(each => each.kind)}`, find);
  }

  says(to: Pid, { kind, body }: SaslMessage, from = 'session'): void {
    const type = saslTypes[kind] as MessageType<unknown>;
    this.#libprocess.send(to, from, type.fullName, encode(type, body));
  }

  /** Takes the agent in. */
  registers(to: Pid): void {
    const message = { agent_id: { value: 'master-S0' } };
    this.#libprocess.send(to, 'master', SlaveRegisteredMessage.fullName, encode(SlaveRegisteredMessage, message));
  }

  /** Goes through an authentication. @param number how many requests there were, with this one. */
  async authenticates(number: number): Promise<void> {
    const { from } = await this.hears('authenticate', number);
    const challenges = this.heard.filter(({ kind }) => kind === 'step').length;
    this.says(from, { kind: 'mechanisms', body: { mechanisms: ['CRAM-MD5'] } });
    await this.hears('start', challenges + 1);
    this.says(from, { kind: 'step', body: { data: Buffer.from('<1@vm>').toString('base64') } });
    await this.hears('step', challenges + 1);
    this.says(from, { kind: 'completed', body: {} });
  }
}

/** @param module the body of `credential(context)` of an authenticatee module, in which `n` counts the calls. */
async function start(
  t: TestContext,
  master: Master,
  timeout = '1mins',
  module?: string,
): Promise<RunningAgent & { readonly lines: readonly string[]; readonly clock: HeldClock }> {
  const at = await bench(t);
  const file = join(at.directory, 'credential');
  await writeFile(file, 'agents s3cret', { mode: 0o600 });
  const modules = join(at.directory, 'modules.mjs');
  await writeFile(
    modules,
    `let n = 0;
    export default { a: { kind: 'authenticatee', create: () => ({ async credential(context) { n++; ${module} } }) } };`,
  );
  const asked = [
    `--modules=${JSON.stringify({ libraries: [{ file: modules, modules: [{ name: 'a' }] }] })}`,
    '--authenticatee=a',
  ];
  const argv = agentArguments(at, [
    `--master=${master.address}`,
    `--credential=${file}`,
    ...(module === undefined ? [] : asked),
    `--authentication_timeout_min=${timeout}`,
    '--authentication_backoff_factor=10ms',
  ]);
  const clock = new AuthenticationClock();
  const agent = await startAgent({ flags: parseFlags(agentFlags, argv).flags, log: at.log, clock });
  at.onEnd(() => agent.shutdown());
  return { ...agent, lines: at.lines, clock };
}

/** A clock in which a try to authenticate ends exactly after the least time, and only when the test says so. */
class AuthenticationClock extends HeldClock {
  override random(): number {
    return 0;
  }
}

test('a master that does not answer, answers with an error, and then as it should', async t => {
  const master = await Master.start(t);
  const agent = await start(t, master, '2secs');
  const first = await master.hears('authenticate');
  assert.deepEqual(first.body, { pid: agent.pid });
  agent.clock.advance(2000);
  const second = await master.hears('authenticate', 2); // by another actor: what comes late is for nobody
  assert.notEqual(second.from.id, first.from.id);
  master.says(second.from, { kind: 'error', body: { error: 'No authenticator loaded' } });
  await master.authenticates(3);
  const { from } = await master.hears('register');
  assert.equal(formatPid(from), agent.pid);
  assert.deepEqual(
    master.heard.slice(0, 6).map(({ kind }) => kind),
    ['authenticate', 'authenticate', 'authenticate', 'start', 'step', 'register'],
  );
  assert.ok(agent.lines.some(line => /authentication failed: it answers 'No authenticator loaded'/.test(line)));
  master.registers(from);
  await agent.registered;
});

test('strangers do not take part in an authentication', async t => {
  const master = await Master.start(t);
  const stranger = await Master.start(t);
  const agent = await start(t, master);
  const { from } = await master.hears('authenticate');
  const dropped = () => agent.context.metrics.snapshot()['slave/dropped_messages'] ?? 0;
  stranger.says(from, { kind: 'mechanisms', body: { mechanisms: ['CRAM-MD5'] } });
  stranger.says(from, { kind: 'failed', body: {} });
  await eventually('dropped messages', () => dropped() === 2);
  master.says(from, { kind: 'mechanisms', body: { mechanisms: ['CRAM-MD5'] } });
  await master.hears('start');
  // Nor does another actor of the master's process: the one that began goes on.
  master.says(from, { kind: 'error', body: { error: 'no' } }, 'other');
  await eventually('a dropped message', () => dropped() === 3);
  master.says(from, { kind: 'step', body: { data: Buffer.from('<1@vm>').toString('base64') } });
  await master.hears('step');
  assert.equal(stranger.heard.length, 0);
});

test('a master that forgot the agent is proven again who it is', async t => {
  const master = await Master.start(t);
  const agent = await start(t, master);
  await master.authenticates(1);
  await master.hears('register', 4);
  await master.authenticates(2);
  const { from } = await master.hears('register', 5);
  master.registers(from);
  await agent.registered;
});

test('a wrong credential ends the agent with an error that says what to do', async t => {
  const master = await Master.start(t);
  const agent = await start(t, master);
  const { from } = await master.hears('authenticate');
  master.says(from, { kind: 'failed', body: {} }); // too soon: it has not answered
  const again = await master.hears('authenticate', 2);
  master.says(again.from, { kind: 'mechanisms', body: { mechanisms: ['CRAM-MD5'] } });
  await master.hears('start');
  master.says(again.from, { kind: 'step', body: { data: Buffer.from('<1@vm>').toString('base64') } });
  await master.hears('step');
  master.says(again.from, { kind: 'failed', body: {} });
  const error = await agent.ended;
  assert.match(String(error), /AuthenticationRefusedError: Master master@\S+ refused authentication: .*'agents'/);
  assert.ok(!agent.lines.join('').includes('s3cret'));
});

test('an authenticatee module gives the credential, at each try anew', async t => {
  const master = await Master.start(t);
  const module = `
    if (n === 1) throw new Error('no vault');
    if (n === 2) return { principal: 'vaulted', secret: '' };
    if (n === 3) return new Promise(() => {});
    return { principal: context.credential.principal + '-' + n, secret: context.master };`;
  const agent = await start(t, master, '2secs', module);
  // The third try waits for its credential when the second one, which held the clock before, is over.
  const isSecondOver = () => agent.lines.some(line => /credential of module 'a' must return/.test(line));
  await eventually('the third try', () => isSecondOver() && agent.clock.holds(2000));
  agent.clock.advance(2000);
  await master.authenticates(1);
  const { body } = master.heard.find(({ kind }) => kind === 'step') ?? assert.fail('no answer');
  // CRAM-MD5: the principal in plain text, then the digest by the secret.
  const { data = '' } = body as { data?: string };
  assert.match(Buffer.from(data, 'base64').toString(), /^agents-4 [0-9a-f]{32}$/);
  const { from } = await master.hears('register');
  master.registers(from);
  await agent.registered;
  const log = agent.lines.join('');
  for (const problem of [
    /authentication failed: no credential: no vault/,
    /no credential: credential of module 'a' must return {"principal": …, "secret": …}/,
    /there is no credential in time of authenticatee module 'a'/,
  ]) {
    assert.match(log, problem);
  }
  assert.ok(!log.includes('vaulted'));
});

test('a credential that a module gives is named when the master refuses it', async t => {
  const master = await Master.start(t);
  const agent = await start(t, master, '1mins', `return { principal: 'vaulted', secret: 'h1dden' };`);
  const { from } = await master.hears('authenticate');
  master.says(from, { kind: 'mechanisms', body: { mechanisms: ['CRAM-MD5'] } });
  await master.hears('start');
  master.says(from, { kind: 'step', body: { data: Buffer.from('<1@vm>').toString('base64') } });
  await master.hears('step');
  master.says(from, { kind: 'failed', body: {} });
  const error = String(await agent.ended);
  assert.match(error, /no principal 'vaulted' with the secret of authenticatee module 'a'\. Make the two agree/);
  assert.ok(!agent.lines.join('').includes('h1dden') && !error.includes('h1dden'));
});
