/** What every launcher must do with the processes of a container, wherever they went. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { Harness, hop, id, launchers } from './testing/harness.ts';

const forever = 'while :; do sleep 1000; done';

const trees: { name: string; script: string; atLeast: number }[] = [
  { name: 'children', script: `sleep 1000 & sleep 1000 & ${forever}`, atLeast: 4 },
  {
    name: 'children in sessions of their own',
    script: `setsid sleep 1000 & setsid sh -c 'sleep 1000 & ${forever}' & ${forever}`,
    atLeast: 5,
  },
  { name: 'orphans', script: `(setsid sh -c '(sleep 1000 &) ; ${forever}' &) ; ${forever}`, atLeast: 4 },
  {
    name: 'a deaf tree',
    script: `trap '' TERM INT HUP; setsid sh -c 'trap "" TERM; ${forever}' & ${forever}`,
    atLeast: 4,
  },
  { name: 'orphans without environment', script: `(setsid env -i sh -c '${forever}' &) ; ${forever}`, atLeast: 4 },
  { name: 'a stopped tree', script: `(sh -c 'kill -STOP $$' &) ; sleep 1000 & kill -STOP $$`, atLeast: 3 },
];

for (const { name: launcherName, make, need = {} } of launchers) {
  suite(`launcher contract: ${launcherName}`, need, () => {
    for (const { name, script, atLeast } of trees) {
      test(`destroys ${name}`, async context => {
        const harness = await Harness.make(context, make);
        const launcher = harness.launcher();
        const bystander = await launcher.launch(id('bystander'), harness.shell(forever));
        await launcher.launch(id('c'), harness.shell(script));
        await eventually('the tree', async () => ((await launcher.usage(id('c')))?.processes ?? 0) >= atLeast);
        await Promise.all([launcher.destroy(id('c')), launcher.destroy(id('c'))]);
        assert.deepEqual(await launcher.wait(id('c')), { kind: 'signaled', signal: 9, core: false });
        await launcher.drained(id('c'));
        assert.equal(process.kill(bystander.pid, 0), true);
        await eventually('a bystander', async () => (await launcher.usage(id('bystander')))?.processes === 2);
      });
    }

    test('destroys a tree that forks as fast as it can', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      await launcher.launch(id('c'), harness.shell('', { file: 'perl', argv: ['perl', '-e', hop] }));
      await eventually('hopping', async () => ((await launcher.usage(id('c')))?.systemSeconds ?? 0) > 0.05);
      await launcher.destroy(id('c'));
      await launcher.drained(id('c'));
    });

    test('destroys what the first process left behind', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      await launcher.launch(id('c'), harness.shell('setsid sleep 1000 & exit 3'));
      assert.deepEqual(await launcher.wait(id('c')), { kind: 'exited', code: 3 });
      await eventually('what is left', async () => (await launcher.usage(id('c')))?.processes === 1);
      await launcher.destroy(id('c'));
      assert.deepEqual(await launcher.wait(id('c')), { kind: 'exited', code: 3 });
    });

    test('signals every process of the tree, once', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      const trapping = `trap 'echo term' TERM; echo up; while :; do sleep 1000 & wait $!; done`;
      await launcher.launch(id('c'), harness.shell(`setsid sh -c "${trapping}" & ${trapping}`));
      const count = async (word: string) => (await harness.stdout()).split('\n').filter(line => line === word).length;
      await eventually(
        'both',
        async () => (await count('up')) === 2 && (await launcher.usage(id('c')))?.processes === 4,
      );
      assert.equal(await launcher.signal(id('c'), 'SIGTERM'), 4);
      await eventually('both traps', async () => (await count('term')) === 2);
      assert.equal(await launcher.signal(id('nobody'), 'SIGTERM'), 0);
    });

    // `timeout` makes a process group of its own. A shell that ends before that group goes on leaves it stopped and orphaned.
    test('a signal brings no SIGHUP to process groups whose shell it ends first', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      const child = `trap "echo hangup" HUP; trap "echo got TERM; exit" TERM; echo ready; ${forever.replace('1000', '0.1')}`;
      const crowd = 'for i in $(seq 100); do sleep 1000 & done'; // time for the shell to end in
      await launcher.launch(id('c'), harness.shell(`${crowd}; timeout 1000 sh -c '${child}'; echo x`));
      await eventually('the child', async () => (await harness.stdout()).includes('ready'));
      await launcher.signal(id('c'), 'SIGTERM');
      await launcher.drained(id('c'));
      assert.deepEqual([...new Set((await harness.stdout()).trim().split('\n'))], ['ready', 'got TERM']);
    });

    test('a terminal status comes at once, the end of the tree when it is empty', async context => {
      const harness = await Harness.make(context, make);
      const launcher = harness.launcher();
      await launcher.launch(
        id('c'),
        harness.shell('trap "exit 0" TERM; (trap "" TERM; echo deaf; sleep 1000) & sleep 1000 & wait'),
      );
      await eventually('the deaf one', async () => (await harness.stdout()) === 'deaf\n');
      await launcher.signal(id('c'), 'SIGTERM');
      assert.deepEqual(await launcher.wait(id('c')), { kind: 'exited', code: 0 });
      let drained = false;
      const end = launcher.drained(id('c')).then(() => {
        drained = true;
      });
      await eventually('the deaf one', async () => ((await launcher.usage(id('c')))?.processes ?? 0) > 0);
      assert.equal(drained, false);
      await launcher.signal(id('c'), 'SIGKILL');
      await end;
    });
  });
}
