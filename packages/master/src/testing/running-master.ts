/** A whole master over real sockets, and what tests do with it. */
import type { TestContext } from 'node:test';
import type { AccessControl } from '@meseta/daemon';
import { parseFlags } from '@meseta/flags';
import { HttpClient } from '@meseta/process';
import type { Logger } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import { masterFlags, masterRules } from '../flags.ts';
import { type RunningMaster, startMaster } from '../main.ts';
import { SimulatedAgent, type SimulatedAgentOptions } from './simulated-agent.ts';

/** Starts a master that is stopped after the test. Its registry is in memory unless `argv` says where. */
export async function startRunningMaster(t: TestContext, ...argv: string[]): Promise<RunningMaster> {
  return startMasterWith(t, {}, ...argv);
}

/** The same, with an access control in place of what its flags ask for, and with a log. */
export async function startMasterWith(
  t: TestContext,
  { log = silentLogger(), ...access }: Partial<AccessControl> & { readonly log?: Logger },
  ...argv: string[]
): Promise<RunningMaster> {
  const fixed = ['--ip=127.0.0.1', '--port=0', '--no-hostname_lookup'];
  const registry = argv.some(flag => flag.startsWith('--work_dir')) ? [] : ['--registry=in_memory'];
  const flags = parseFlags(masterFlags, [...fixed, ...registry, ...argv], {}, masterRules);
  const master = await startMaster({ flags, access, log });
  t.after(() => master.stop());
  return master;
}

/** A simulated agent that is registered. */
export async function registerAgent(
  t: TestContext,
  { address }: RunningMaster,
  options: Partial<SimulatedAgentOptions> = {},
): Promise<SimulatedAgent> {
  const agent = await SimulatedAgent.start({ master: address, ...options });
  t.after(() => agent.stop());
  await agent.register();
  return agent;
}

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
  readonly text: string;
}

/** One request. */
export async function ask(
  { address }: Pick<RunningMaster, 'address'>,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  const client = new HttpClient(`http://${address}`);
  try {
    const { method = 'GET', headers = {}, body } = options;
    const response = await client.request(method, path, { headers, ...(body !== undefined && { body }) });
    const pieces: Buffer[] = [];
    for await (const piece of response.body) pieces.push(Buffer.from(piece));
    const bytes = Buffer.concat(pieces);
    return { status: response.status, headers: response.headers, bytes, text: bytes.toString() };
  } finally {
    await client.close();
  }
}
