/**
 * A master with its scheduler endpoints over real sockets, whose allocator is played by the test: what it is asked for
 * is written down, and the test grants resources by hand.
 */

import type { TestContext } from 'node:test';
import { type AccessControl, DaemonRouter, Files, openAccess } from '@meseta/daemon';
import { parseFlags } from '@meseta/flags';
import { HttpServer, Libprocess } from '@meseta/process';
import { checkId } from '@meseta/protocol';
import type { Resources } from '@meseta/resources';
import { memoryEngine } from '@meseta/storage';
import { type Clock, systemClock } from '@meseta/system';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import type { Allocation } from '../allocation.ts';
import { installDriverMessages } from '../api/driver/driver-messages.ts';
import { schedulerRoute } from '../api/scheduler/endpoint.ts';
import type { MasterContext } from '../context.ts';
import { masterFlags } from '../flags.ts';
import { assembleMaster } from '../master.ts';
import { LibprocessMessages } from '../messages.ts';
import { MasterOffers } from '../offers/offers.ts';
import { SimulatedAgent, type SimulatedAgentOptions } from './simulated-agent.ts';
import type { Call } from './start-core.ts';

/** A master whose allocation is controlled by the test. */
export interface SchedulingMaster {
  readonly context: MasterContext;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** What the allocation was asked for, in order. */
  readonly asked: Call[];
  /** What was asked of one kind. */
  askedFor(name: keyof Allocation): readonly (readonly unknown[])[];
  /** Grants all free resources of an agent, as the allocator would. @returns the granted resources. */
  grantAll(frameworkId: string, agentId: string, role?: string): Resources;
  /** A simulated agent that is registered. */
  agent(options?: Partial<SimulatedAgentOptions>): Promise<SimulatedAgent>;
}

/** Starts one; everything is closed after the test. */
export async function startSchedulingMaster(
  t: TestContext,
  options: {
    clock?: Clock;
    argv?: string[];
    access?: AccessControl;
    /** In place of one that is played by the test. */
    allocation?: (context: MasterContext) => Allocation;
  } = {},
): Promise<SchedulingMaster> {
  const log = silentLogger();
  const metrics = new Metrics();
  const { access = openAccess } = options;
  const router = new DaemonRouter({ access, delegate: 'master' });
  const server = new HttpServer({ handler: router.handle, report: () => undefined });
  const { port } = await server.listen('127.0.0.1', 0);
  const address = `127.0.0.1:${port}`;
  const libprocess = new Libprocess(server, { report: () => undefined });
  const asked: Call[] = [];
  const { context, recover, stop } = assembleMaster({
    info: { id: 'master-1', ip: 16777343, port, pid: `master@${address}` },
    flags: parseFlags(masterFlags, ['--registry=in_memory', ...(options.argv ?? [])]),
    storage: await memoryEngine().openTerm(),
    messages: new LibprocessMessages(libprocess, access, log, metrics),
    clock: options.clock ?? systemClock,
    log,
    metrics,
    files: new Files(),
    access,
    allocation: options.allocation ?? (() => recordingAllocation(asked)),
    offers: context => new MasterOffers(context),
    abort: error => {
      throw error;
    },
  });
  await recover();
  router.add('master', [schedulerRoute(context)]);
  installDriverMessages(context);
  t.after(async () => {
    stop();
    libprocess.close();
    await server.close(0);
  });
  return {
    context,
    address,
    asked,
    askedFor: name => asked.filter(([called]) => called === name).map(([, ...parameters]) => parameters),
    grantAll(frameworkId, agentId, role = '*') {
      const agent = context.cluster.agents.get(agentId);
      if (!agent) throw new Error(`no agent ${agentId}`);
      const resources = agent.total
        .subtract(agent.totalUsed.unallocate())
        .subtract(agent.offered.unallocate())
        .allocate(role);
      context.offers.make([{ frameworkId: checkId(frameworkId), agentId: checkId(agentId), role, resources }]);
      return resources;
    },
    async agent(agentOptions = {}) {
      const agent = await SimulatedAgent.start({ master: address, ...agentOptions });
      t.after(() => agent.stop());
      await agent.register();
      return agent;
    },
  };
}

function recordingAllocation(asked: Call[]): Allocation {
  return new Proxy({} as Allocation, {
    get: (_, name) => (typeof name === 'string' ? (...args: unknown[]) => void asked.push([name, ...args]) : undefined),
  });
}
