/** What every launcher must do: how containers start and how their ends are told. Their trees: contract-trees.test.ts. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { eventually, needs } from '@meseta/system/testing';
import type { LaunchErrorCode } from '../../errors.ts';
import type { ExitStatus } from '../../exit-status.ts';
import { type LaunchSpec, pause } from '../launcher.ts';
import { Harness, id, launchers } from './testing/harness.ts';

const endings: { name: string; script: string; status: ExitStatus }[] = [
  { name: 'exit 0', script: 'exit 0', status: { kind: 'exited', code: 0 } },
  { name: 'exit 255', script: 'exit 255', status: { kind: 'exited', code: 255 } },
  { name: 'exit 143 is not SIGTERM', script: 'exit 143', status: { kind: 'exited', code: 143 } },
  { name: 'SIGTERM', script: 'kill -TERM $$', status: { kind: 'signaled', signal: 15, core: false } },
  { name: 'SIGKILL', script: 'kill -KILL $$', status: { kind: 'signaled', signal: 9, core: false } },
  {
    name: 'kill 0 does not reach the shim',
    script: 'kill -KILL 0',
    status: { kind: 'signaled', signal: 9, core: false },
  },
  { name: 'a real-time signal', script: 'kill -40 $$', status: { kind: 'signaled', signal: 40, core: false } },
  {
    name: 'a child that ends earlier is not it',
    script: '(exit 3); (exit 4) & wait; exit 5',
    status: { kind: 'exited', code: 5 },
  },
];

const failures: { name: string; code: LaunchErrorCode; message: RegExp; errno?: string; spec: Partial<LaunchSpec> }[] =
  [
    { name: 'a missing program', code: 'EXEC', errno: 'ENOENT', message: /'\/no\/such'/, spec: { file: '/no/such' } },
    { name: 'a program not in PATH', code: 'EXEC', errno: 'ENOENT', message: /'nope'/, spec: { file: 'nope' } },
    { name: 'a program that is none', code: 'EXEC', errno: 'EACCES', message: /passwd/, spec: { file: '/etc/passwd' } },
    {
      name: 'a missing directory',
      code: 'EXEC',
      errno: 'ENOENT',
      message: /directory '\/no'/,
      spec: { workingDirectory: '/no' },
    },
    {
      name: 'stdout in a missing directory',
      code: 'EXEC',
      errno: 'ENOENT',
      message: /open '\/no\/stdout'/,
      spec: { stdout: '/no/stdout' },
    },
    {
      name: 'stderr that is a link',
      code: 'EXEC',
      errno: 'ELOOP',
      message: /open '\/proc\/self\/exe'/,
      spec: { stderr: '/proc/self/exe' },
    },
    { name: 'an empty argv', code: 'INVALID', message: /argv is empty/, spec: { argv: [] } },
    { name: 'a NUL', code: 'INVALID', message: /argument 1 contains a NUL/, spec: { argv: ['sh', 'a\0b'] } },
    { name: 'a bad variable', code: 'INVALID', message: /'A=B'/, spec: { environment: { 'A=B': '' } } },
    {
      name: 'too long a variable',
      code: 'TOO_LONG',
      message: /variable BIG is 131077 .* 131072/,
      spec: { environment: { BIG: 'x'.repeat(131_072) } },
    },
    {
      name: 'too much in all',
      code: 'EXEC',
      errno: 'E2BIG',
      message: /largest is environment variable V7 /,
      spec: { environment: big(100) },
    },
    { name: 'an unknown user', code: 'USER', message: /'no-such-user'/, spec: { user: 'no-such-user' } },
  ];

function big(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`V${n}`, 'x'.repeat(n === 7 ? 120_000 : 119_000)]),
  );
}

for (const { name, make, need = {} } of launchers) {
  suite(`launcher contract: ${name}`, need, () => {
    test('reports exactly how a process ended', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      for (const [index, { name, script, status }] of endings.entries()) {
        const container = id(`c${index}`);
        await launcher.launch(container, harness.shell(script));
        assert.deepEqual(await launcher.wait(container), status, name);
        await launcher.drained(container);
        await launcher.remove(container);
        assert.equal(launcher.wait(container), undefined);
      }
    });

    test('nothing waits for a logger that has ended', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      const directory = join(harness.runtimeDirectory, 'logs', id('logged'));
      const [stdout = '', stderr = ''] = ['stdout', 'stderr'].map(name => join(directory, name));
      await mkdir(directory, { recursive: true });
      execFileSync('mkfifo', [stdout, stderr]);
      const launched = launcher.launch(id('logged'), harness.shell('', { stdout, stderr }));
      await assert.rejects(launched, { code: 'EXEC', message: /open '.*\/stdout': ENXIO/ });
    });

    test('a process without a program stays until it is killed, whatever signal it gets', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      const container = id('pause');
      const { pid } = await launcher.launch(container, { ...harness.shell(''), file: pause, argv: [] });
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGPIPE', 'SIGALRM'] as const) {
        assert.equal(await launcher.signal(container, signal), 1);
      }
      assert.equal(launcher.pid(container), pid);
      assert.ok(launcher.hasProcesses(container));
      await launcher.signal(container, 'SIGKILL');
      assert.deepEqual(await launcher.wait(container), { kind: 'signaled', signal: 9, core: false });
      await launcher.drained(container);
    });

    test('hands over exactly what it was given', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      const long = 'x'.repeat(100_000);
      const environment = { PATH: '/usr/bin:/bin', LONG: long, LINES: 'a\nb=c\n', EMPTY: '', 'odd name': 'ü' };
      await launcher.launch(id('env'), harness.shell('', { file: 'env', argv: ['env', '-0'], environment }));
      await launcher.wait(id('env'));
      const seen = (await harness.stdout()).split('\0').filter(Boolean).sort();
      const expected = Object.entries({ ...environment, MESETA_CONTAINER_ID: id('env') }).map(
        ([name, value]) => `${name}=${value}`,
      );
      assert.deepEqual(seen, expected.sort());

      const script = `
        printf '%s|' "$0" "$@"; pwd; umask; ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/0
        while read -r line; do case $line in Sig[BI]*) echo $line;; esac; done < /proc/$$/status; [ "$(ps -o sid= -p $$)" -eq $$ ] && echo leader`;
      await writeFile(join(harness.directory, 'stdout'), 'before\n');
      await launcher.launch(
        id('rest'),
        harness.shell('', { argv: ['sh', '-c', script, 'zero', '', 'two words', 'new\nline'] }),
      );
      await launcher.wait(id('rest'));
      const lines = (await harness.stdout()).split('\n');
      const none = '0000000000000000';
      assert.deepEqual(lines.slice(0, 3), ['before', 'zero||two words|new', `line|${harness.directory}`]);
      assert.equal(lines[3], '0022');
      assert.equal(lines[4], '0 1 2 3 /dev/null', 'ls itself has one open');
      assert.deepEqual(lines.slice(5, 8), [`SigBlk: ${none}`, `SigIgn: ${none}`, 'leader']);
    });

    test('says why a process was not started, and leaves nothing of it', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      for (const { name, spec, ...expected } of failures) {
        const launch = launcher.launch(id('again'), harness.shell('exit 0', spec));
        await assert.rejects(launch, { name: 'LaunchError', ...expected }, name);
        assert.equal(launcher.wait(id('again')), undefined, name);
      }
      await launcher.launch(id('again'), harness.shell('exit 0'));
      await assert.rejects(launcher.launch(id('again'), harness.shell('exit 0')), { code: 'EXISTS' });
      await assert.rejects(launcher.launch('../up' as ReturnType<typeof id>, harness.shell('exit 0')), {
        code: 'INVALID_ID',
      });
    });

    test('switches users', needs.root('a container runs as another user'), async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      await launcher.launch(id('c'), harness.shell('id -u; id -g; id -G', { user: 'nobody' }));
      assert.deepEqual(await launcher.wait(id('c')), { kind: 'exited', code: 0 });
      const asked = ['-u', '-g', '-G']
        .map(option => execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }))
        .join('');
      assert.equal(await harness.stdout(), asked);
    });

    test('takes many launches at once', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      const containers = Array.from({ length: 500 }, (_, index) => ({
        container: id(`c ${index}`),
        code: index % 256,
      }));
      const statuses = await Promise.all(
        containers.map(async ({ container, code }) => {
          await launcher.launch(container, harness.shell(`exit ${code}`));
          const status = await launcher.wait(container);
          await launcher.remove(container);
          return status;
        }),
      );
      assert.deepEqual(
        statuses,
        containers.map(({ code }) => ({ kind: 'exited', code })),
      );
    });

    test('measures the whole tree, processes that ended included', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      const burn = 'i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done';
      await launcher.launch(id('c'), harness.shell(`sh -c '${burn}'; echo burnt; sleep 1000 & setsid sleep 1000`));
      await eventually('the work', async () => (await harness.stdout()).includes('burnt'));
      const usage = await eventually('three processes', async () => {
        const now = await launcher.usage(id('c'));
        return now?.processes === 3 && now;
      });
      assert.ok(usage.userSeconds + usage.systemSeconds > 0, 'what the shell used that ended');
      assert.ok(usage.rssBytes > 100_000);
      assert.equal(usage.threads, 3);
      await launcher.destroy(id('c'));
      assert.equal(await launcher.usage(id('c')), undefined);
    });
  });
}
