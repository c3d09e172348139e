import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Isolator } from '@meseta/containers/isolators';
import { loadModules, type ModuleRegistry } from '@meseta/modules';
import type { ContainerConfig } from '@meseta/protocol';
import { Metrics } from '@meseta/telemetry';
import { silentLogger } from '@meseta/telemetry/testing';
import type { Benchmark, Effort } from './benchmark.ts';
import { eventLoopDelay } from './event-loop.ts';

const containers = 500;
const inFlight = 8;
const config: ContainerConfig = {
  directory: '/var/lib/meseta/agent/slaves/S0/frameworks/F0/executors/web/runs/c0',
  command_info: { value: 'exec bin/server --port=$PORT0' },
  resources: ['cpus', 'mem', 'disk'].map(name => ({ name, type: 'SCALAR', scalar: { value: 128 } })),
};

/** Answers every call at once; the cheapest program that can. */
const coProcess = `#!/usr/bin/perl
$| = 1;
print qq({"protocol":1}\\n);
<STDIN>;
while (<STDIN>) { /^\\{"id":(\\d+)/ and print qq({"id":$1,"ok":true}\\n) }
`;

/** An isolator whose usage command does nothing, in either mode, with its containers prepared. */
class Bench {
  readonly #mode: string;
  #made: Promise<{ directory: string; registry: ModuleRegistry; isolator: Isolator }> | undefined;

  constructor(mode: 'fork' | 'persistent') {
    this.#mode = mode;
  }

  async usage(container: number): Promise<void> {
    this.#made ??= this.#make();
    const { isolator } = await this.#made;
    await isolator.usage?.({ value: `c${container % containers}` });
  }

  async close(): Promise<void> {
    const made = await this.#made;
    await made?.registry.close();
    if (made) rmSync(made.directory, { recursive: true, force: true });
  }

  async #make() {
    const directory = mkdtempSync(join(tmpdir(), 'bench-'));
    const program = join(directory, 'co-process');
    writeFileSync(program, coProcess);
    chmodSync(program, 0o755);
    const values = {
      module_name: 'bench',
      mode: this.#mode,
      isolator_usage_command: this.#mode === 'fork' ? '/bin/true' : program,
      max_concurrent_commands: String(inFlight),
    };
    const parameters = Object.entries(values).map(([key, value]) => ({ key, value }));
    const name = 'com_criteo_mesos_CommandIsolator';
    const registry = await loadModules(
      { modules: { libraries: [{ name: 'command_modules', modules: [{ name, parameters }] }] } },
      { runtimeDirectory: directory, log: silentLogger(), metrics: new Metrics() },
    );
    const isolator = (await registry.isolator(name))!;
    for (let i = 0; i < containers; i++) await isolator.prepare?.({ value: `c${i}` }, config);
    return { directory, registry, isolator };
  }
}

/** Calls a second, so many in flight. */
async function rate(calls: number, call: (index: number) => Promise<unknown>, lanes: number): Promise<number> {
  await call(0); // start-up is not what is measured
  let next = 0;
  const lane = async () => {
    while (next < calls) await call(next++);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  return (calls / (performance.now() - start)) * 1000;
}

/** The machine's own spawn rate for the same command: a shell's loop around it. */
async function bareRate(commands: number): Promise<number> {
  const loop = `i=0; while [ $i -lt ${commands} ]; do /bin/true input output error; i=$((i+1)); done`;
  const start = performance.now();
  const [code] = await once(spawn('/bin/sh', ['-c', loop], { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`the shell exited with ${code}`);
  return (commands / (performance.now() - start)) * 1000;
}

const fork = new Bench('fork');
const polling = new Bench('fork');
const persistent = new Bench('persistent');
const count = (quick: number, full: number, effort: Effort) => (effort.quick ? quick : full);

export default [
  {
    name: 'command modules: calls in fork mode',
    unit: '1/s',
    better: 'more',
    budget: { ratio: 0.77 },
    note: `/bin/true, ${inFlight} in flight; baseline: a shell that calls the same in a loop, without files`,
    baseline: effort => bareRate(count(100, 1000, effort)),
    measure: effort => rate(count(100, 1000, effort), index => fork.usage(index), inFlight),
    close: () => fork.close(),
  },
  {
    name: 'command modules: calls in persistent mode',
    unit: '1/s',
    better: 'more',
    budget: { value: 4000 },
    note: 'a co-process in Perl that answers at once; baseline: a shell that spawns in a loop',
    baseline: effort => bareRate(count(100, 500, effort)),
    measure: effort => rate(count(500, 20_000, effort), index => persistent.usage(index), 64),
    close: () => persistent.close(),
  },
  {
    name: `command modules: event-loop delay p99, ${containers} containers polling usage`,
    unit: 'ms',
    better: 'less',
    budget: { value: 50 },
    note: 'all at once, again and again, in fork mode',
    async measure(effort) {
      await polling.usage(0);
      const { p99Ms } = await eventLoopDelay(async () => {
        for (let round = 0; round < count(1, 3, effort); round++) {
          await Promise.all(Array.from({ length: containers }, (_, i) => polling.usage(i)));
        }
      });
      return p99Ms;
    },
    close: () => polling.close(),
  },
] satisfies Benchmark[];
