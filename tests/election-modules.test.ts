/** Masters and agents that elect and find their leader by modules: in a real Consul, and by modules that misbehave. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Daemon, type Flags, freePort } from './support/daemon.ts';
import { leads } from './support/high-availability.ts';
import { Meseta, meseta } from './support/meseta.ts';
import { endProcesses } from './support/processes.ts';
import { needsConsul, RealConsul } from './support/real-consul.ts';

const example = path.resolve(import.meta.dirname, '../examples/consul-election/election.ts');

/** Daemons in a directory of their own. */
class Scene {
  readonly directory: string;

  constructor(t: TestContext) {
    this.directory = mkdtempSync(path.join(tmpdir(), 'election-modules-'));
    t.after(async () => {
      await endProcesses(this.directory);
      rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  /** A master that was spawned, and is healthy unless it has ended. */
  async master(name: string, flags: Flags): Promise<Daemon> {
    const work_dir = this.path(name);
    const options = { kind: 'master', name, directory: this.directory, flags: { work_dir, ...flags } } as const;
    const master = new Daemon(options, await freePort());
    master.spawn();
    await eventually('a healthy master', async () => {
      if (!master.running) return true;
      return (await fetch(`${master.origin}/health`).catch(() => undefined))?.ok;
    });
    return master;
  }

  agent(flags: Flags): Promise<Daemon> {
    return Daemon.start({
      ...{ kind: 'agent', name: 'agent', directory: this.directory },
      flags: {
        work_dir: this.path('agent'),
        runtime_dir: this.path('agent-run'),
        resources: 'cpus:4;mem:4096;disk:4096;ports:[31000-31099]',
        registration_backoff_factor: '50ms',
        ...flags,
      },
    });
  }
}

const status = async (origin: string, url: string) =>
  (await fetch(`${origin}${url}`, { redirect: 'manual' }).catch(() => undefined))?.status;

const activeAgents = async (master: Daemon): Promise<string[]> => {
  const answer = await fetch(`${master.origin}/slaves`, { redirect: 'manual' }).catch(() => undefined);
  if (answer?.status !== 200) return [];
  const { slaves } = (await answer.json()) as { slaves: { id: string; active: boolean }[] };
  return slaves.filter(({ active }) => active).map(({ id }) => id);
};

/** The flags of daemons that elect their leader in Consul. */
function consulFlags({ address }: RealConsul): { readonly master: Flags; readonly agent: Flags } {
  const parameters = Object.entries({ address, ttl: '2' }).map(([key, value]) => ({ key, value }));
  const names = { contender: 'org_example_ConsulContender', detector: 'org_example_ConsulDetector' };
  const modules = JSON.stringify({
    libraries: [{ file: example, modules: Object.values(names).map(name => ({ name, parameters })) }],
  });
  const agent = { modules, master_detector: names.detector };
  return { agent, master: { ...agent, master_contender: names.contender } };
}

test('masters that elect their leader in Consul: it is killed, and stopped with order', needsConsul, async t => {
  const scene = new Scene(t);
  const consul = await RealConsul.start(t);
  const flags = consulFlags(consul);
  // The next leader has to know the agent.
  const work_dir = scene.path('registry');
  const first = await scene.master('first', { ...flags.master, work_dir });
  await eventually('the first to lead', () => leads(first));
  const second = await scene.master('second', { ...flags.master, work_dir });
  await scene.agent(flags.agent);
  const [id] = await eventually('the agent', async () => {
    const agents = await activeAgents(first);
    return agents.length === 1 && agents;
  });
  await eventually('the redirect', async () => (await status(second.origin, '/state')) === 307);
  const to = (await fetch(`${second.origin}/state`, { redirect: 'manual' })).headers.get('location');
  assert.equal(to, `//${first.address}/state`);

  const go = scene.path('go');
  const masters = `${first.address},${second.address}`;
  const run = new Meseta(['run', '--master', masters, `echo before; until [ -e ${go} ]; do sleep 0.1; done; exit 7`]);
  await run.says(/^before$/m);
  await first.kill();
  await eventually('the second to lead', () => leads(second));
  await eventually('the agent', async () => (await activeAgents(second)).join() === id);
  writeFileSync(go, '');
  assert.equal((await run.finished).code, 7);

  // One that is stopped with order leaves at once: no session has to end first.
  first.spawn();
  await eventually('the first to stand by', async () => (await status(first.origin, '/state')) === 307);
  await second.kill('SIGTERM');
  await eventually('the first to lead', () => leads(first));
});

test('a leader by Consul that was frozen for too long does not lead again', needsConsul, async t => {
  const scene = new Scene(t);
  const flags = consulFlags(await RealConsul.start(t));
  const first = await scene.master('first', flags.master);
  await eventually('the first to lead', () => leads(first));
  await scene.agent(flags.agent);
  const [id] = await eventually('the agent', async () => {
    const agents = await activeAgents(first);
    return agents.length === 1 && agents;
  });
  // With a registry of its own: a frozen process does not let go of a shared one.
  const second = await scene.master('second', flags.master);
  await first.kill('SIGSTOP');
  await eventually('the second to lead', () => leads(second));
  await first.kill('SIGCONT');
  await eventually('the end of the first', async () => {
    assert.equal(await leads(first), false, 'it serves as a leader');
    return !first.running;
  });
  assert.equal(await first.ended, 'code 1');
  assert.match(first.log, /^F.*The master cannot go on.*This master has lost the lead/m);
  await eventually('the agent', async () => (await activeAgents(second)).join() === id);
});

test(
  'without Consul nobody leads; with it again, one does; an operator may take the lock away',
  needsConsul,
  async t => {
    const scene = new Scene(t);
    const consul = await RealConsul.start(t);
    const flags = consulFlags(consul);
    const first = await scene.master('first', flags.master);
    await eventually('the first to lead', () => leads(first));
    await consul.kill('SIGSTOP');
    assert.equal(await first.ended, 'code 1');
    assert.match(
      first.log,
      /The candidacy by contender module 'org_example_ConsulContender' is lost: it was not confirmed in/,
    );
    first.spawn();
    await eventually('it to stand by', async () => (await status(first.origin, '/state')) === 503);
    await consul.kill('SIGCONT');
    await eventually('it to lead', () => leads(first));
    const [{ Session: session }] = (await consul.ask('GET', '/kv/meseta/leader')) as [{ Session: string }];
    await consul.ask('PUT', `/session/destroy/${session}`);
    assert.equal(await first.ended, 'code 1');
    assert.match(first.log, /This master has lost the lead/);
  },
);

/** A file of modules with these methods. */
function scripted(scene: Scene, { contend = '', detect = '' }): Flags {
  const file = scene.path('modules.mjs');
  writeFileSync(
    file,
    `import { existsSync } from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    const has = name => existsSync(${JSON.stringify(scene.directory)} + '/' + name);
    const stay = signal => new Promise(resolve => signal.addEventListener('abort', resolve));
    let own;
    export default {
      c: { kind: 'master_contender', create: () => ({ async *contend(master, signal) { ${contend} } }) },
      d: { kind: 'master_detector', create: () => ({ async *detect(signal) { ${detect} } }) },
    };`,
  );
  return {
    modules: JSON.stringify({ libraries: [{ file, modules: [{ name: 'c' }, { name: 'd' }] }] }),
    master_contender: 'c',
    master_detector: 'd',
  };
}

const standbys: { name: string; contend: string; detect: string; status: number; logs?: readonly RegExp[] }[] = [
  {
    name: 'throw',
    contend: "throw new Error('no election today')",
    detect: "throw new Error('nothing to see')",
    status: 503,
    // In either order: each module runs in a thread of its own.
    logs: [
      /Contender module 'c' is called again: no election today/,
      /Detector module 'd' is called again: nothing to see/,
    ],
  },
  { name: 'hang', contend: 'await new Promise(() => {})', detect: 'await new Promise(() => {})', status: 503 },
  { name: 'loop for ever', contend: 'for (;;);', detect: 'for (;;);', status: 503 },
  {
    name: 'find nobody',
    contend: 'yield Infinity; await stay(signal)',
    detect: 'yield null; await stay(signal)',
    status: 503,
  },
  {
    name: 'find a stranger',
    contend: 'yield Infinity; await stay(signal)',
    detect: "yield { id: 's', ip: 0, port: 1, pid: 'master@127.0.0.1:1', hostname: '127.0.0.1' }; await stay(signal)",
    status: 307,
  },
];
for (const { name, contend, detect, status: expected, logs = [] } of standbys) {
  test(`a master whose modules ${name} stands by and can be stopped; an agent waits`, async t => {
    const scene = new Scene(t);
    const flags = scripted(scene, { contend, detect });
    const master = await scene.master('master', flags);
    const { modules = '', master_detector = '' } = flags;
    const agent = await scene.agent({ modules, master_detector });
    await eventually('the answer', async () => (await status(master.origin, '/state')) === expected);
    await eventually('the problems', () => logs.every(log => log.test(master.log)));
    await eventually('the agent to say so', () => /Cannot register with the master: /.test(agent.log));
    if (expected === 503) assert.match(agent.log, /no master leads by detector module 'd'/);
    assert.ok(master.running && agent.running);
    for (const daemon of [agent, master]) {
      await daemon.kill('SIGTERM');
      assert.equal(await daemon.ended, 'code 0');
    }
  });
}

test('a leader whose detector ends, or names another master, ends', async t => {
  const scene = new Scene(t);
  const stranger = "{ id: 's', ip: 0, port: 1, pid: 'master@127.0.0.1:1', hostname: '127.0.0.1' }";
  // Modules of one file run in threads of their own: the description goes by a file.
  const flags = scripted(scene, {
    contend: `const fs = await import('node:fs');
      fs.writeFileSync(${JSON.stringify(scene.path('written'))}, JSON.stringify(master));
      fs.renameSync(${JSON.stringify(scene.path('written'))}, ${JSON.stringify(scene.path('info'))});
      yield Infinity; await stay(signal)`,
    detect: `
      while (!has('info')) await delay(50);
      yield JSON.parse((await import('node:fs')).readFileSync(${JSON.stringify(scene.path('info'))}, 'utf8'));
      while (!has('throw') && !has('stranger')) await delay(50);
      if (has('throw')) throw new Error('no more');
      yield ${stranger};
      await stay(signal);`,
  });
  const master = await scene.master('master', flags);
  await eventually('it to lead', () => leads(master));
  writeFileSync(scene.path('throw'), '');
  assert.equal(await master.ended, 'code 1');
  assert.match(master.log, /'d' is called again: no more(.|\n)*This master has lost the lead/);
  for (const name of ['throw', 'info']) rmSync(scene.path(name));
  master.spawn();
  await eventually('it to lead', () => leads(master));
  writeFileSync(scene.path('stranger'), '');
  assert.equal(await master.ended, 'code 1');
  assert.match(master.log, /has lost the lead \(master@127\.0\.0\.1:1 leads now\)/);
});

test('a master and an agent do not start without their modules', async t => {
  const scene = new Scene(t);
  const { modules = '' } = scripted(scene, {});
  const where = [
    `--work_dir=${scene.path('w')}`,
    '--ip=127.0.0.1',
    `--port=${await freePort()}`,
    `--modules=${modules}`,
  ];
  const names = ['--master_contender=c', '--master_detector=c'];
  const cases: [argv: string[], problem: RegExp][] = [
    [['master', ...where, ...names], /'c' of '.*': it is of kind 'master_contender', not 'master_detector'/],
    [
      ['master', ...where, '--master_contender=x', '--master_detector=d'],
      /No master_contender module named 'x' available/,
    ],
    [['master', ...where, '--master_contender=c'], /Both --master_contender and --master_detector should be specified/],
    [
      ['agent', ...where, `--runtime_dir=${scene.path('r')}`, '--master_detector=x'],
      /No master_detector module named 'x'/,
    ],
    [
      ['agent', ...where, '--master=127.0.0.1:1', '--master_detector=d'],
      /Only one of `--master` or `--master_detector`/,
    ],
  ];
  for (const [argv, problem] of cases) {
    const { code, stderr } = await meseta(...argv);
    assert.equal(code, 1);
    assert.match(stderr, problem);
  }
});
