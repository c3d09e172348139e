/** The engine that tests get: its network, and that nothing of it is left. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test as testAnywhere } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { busybox, needsDocker, startDockerEngine } from './index.ts';

const need = needsDocker;
const test = (name: string, body: (t: TestContext) => Promise<void>) => void testAnywhere(name, need, body);

describe('a test engine', () => {
  test('has a bridge and published ports in a network of its own', async t => {
    const engine = await startDockerEngine({ network: 'own' });
    t.after(() => engine.stop());
    const { containers } = engine.client;
    const script = 'mkdir /www && echo hello >/www/index.html && exec httpd -f -p 80 -h /www';
    const { id } = await containers.create('web-1', {
      Image: busybox,
      Cmd: ['sh', '-c', script],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '31000' }] } },
    });
    await containers.start(id);
    const { networks, ports, networkMode } = (await containers.inspect(id)) ?? {};
    const address = networks?.bridge?.ipAddress ?? '';
    assert.match(address, /^172\.30\.0\.\d+$/);
    assert.equal(networkMode, 'default');
    assert.deepEqual(ports?.[0], { port: '80/tcp', hostIp: '0.0.0.0', hostPort: 31000 });
    const fetched = (url: string) => {
      const [program = '', ...argv] = [
        ...engine.inNetwork,
        'curl',
        '--silent',
        '--retry',
        '5',
        '--retry-connrefused',
        url,
      ];
      return execFileSync(program, argv, { encoding: 'utf8' });
    };
    assert.equal(fetched(`http://${address}/`), 'hello\n');
    assert.equal(fetched('http://127.0.0.1:31000/'), 'hello\n');
    const stats = await containers.stats(id);
    assert.ok(stats !== undefined && stats.network.rxBytes > 0 && stats.network.txBytes > 0);
  });

  for (const how of ['stopped', 'left by tests that are killed'] as const) {
    test(`leaves nothing when it is ${how}`, async () => {
      const script = `
        const { startDockerEngine, busybox } = await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
        const engine = await startDockerEngine({ network: 'own' });
        const { containers } = engine.client;
        const { id } = await containers.create('left', { Image: busybox, Cmd: ['sleep', '1000'] });
        await containers.start(id);
        const { state } = await containers.inspect(id);
        console.log(JSON.stringify({ directory: engine.directory, group: engine.cgroupParent, pids: [engine.pid, state.pid] }));
        process.stdin.once('end', () => engine.stop()).resume();`;
      const argv = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
      const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
      const { value: line = '' } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
      const { directory, group, pids } = JSON.parse(line) as { directory: string; group: string; pids: number[] };
      const cgroups = () => globSync(`/sys/fs/cgroup/{*,.}/${group.split('/')[0]}`);
      assert.ok(pids.every(isRunning) && cgroups().length > 0 && existsSync(directory));
      if (how === 'stopped') child.stdin.end();
      else child.kill('SIGKILL');
      await eventually('its processes to end', () => !pids.some(isRunning));
      await eventually('its cgroups to be removed', () => cgroups().length === 0);
      await eventually('its files to be removed', () => !existsSync(directory));
      assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(directory));
    });
  }
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
