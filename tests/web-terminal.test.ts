/** Terminals of the web UI in a real browser, in tasks of real agents. */
import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { Cluster } from './support/cluster.ts';
import { shellTask } from './support/framework.ts';
import { processesWith } from './support/processes.ts';

const open = sharedBrowser();

describe('a terminal in a task', needsChromium, () => {
  before(buildWebUi);

  async function scene(t: TestContext) {
    const cluster = await Cluster.start(t);
    const framework = await cluster.framework();
    await framework.run(shellTask('task', 'sleep 1000'));
    await framework.reaches('task', 'TASK_RUNNING');
    const opened = await open({ viewport: { width: 1200, height: 900 } });
    const { page } = opened;
    t.after(() => page.context().close());
    const address = `${cluster.master.origin}/#/tasks/${framework.info.id?.value}/task?tab=terminal`;
    await page.goto(address);
    const screen = page.locator('.xterm-rows');
    const shown = async () => (await screen.locator('> div').allTextContents()).join('\n').replaceAll('\u00a0', ' ');
    const shows = (pattern: RegExp) =>
      eventually(
        () => `${pattern} on the terminal`,
        async () => ((await screen.count()) > 0 ? (pattern.exec(await shown()) ?? undefined) : undefined),
      );
    /** Opens a terminal that runs a line, and waits for what it shows. */
    const run = async (line: string, pattern: RegExp) => {
      await page.getByRole('textbox', { name: 'Command' }).fill(line);
      await page.getByRole('button', { name: /^Open/ }).click();
      return shows(pattern);
    };
    return { ...opened, cluster, framework, address, run, shows, shown };
  }

  test('is a shell that is typed into, has the size of the page, and ends with its code', async t => {
    const { page, run, shows, complaints } = await scene(t);
    await run('', /[$#>]/);
    await page.getByText('Connected').waitFor();
    await page.keyboard.type('stty size\n');
    const [, rows, columns] = await shows(/\n(\d+) (\d+)\s*\n[\s\S]*[$#>]/); // with the next prompt: it is whole
    assert.ok(Number(rows) > 10 && Number(columns) > 80, `${rows} ${columns}`);
    await page.setViewportSize({ width: 700, height: 800 });
    await eventually('another size', async () => {
      await page.keyboard.type('stty size\n');
      const [, , narrow] = (await shows(/[\s\S]*\n(\d+) (\d+)\s/)) ?? [];
      return Number(narrow) < Number(columns);
    });
    await page.keyboard.type('exit 3\n');
    await page.getByRole('status').getByText('The command has ended with 3').waitFor();
    await shows(/The command has ended with 3/);
    await page.getByRole('button', { name: 'Open it again' }).click();
    await page.getByText('Connected').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('shows colours, is pasted into, copied from, and left by keyboard', async t => {
    const { page, run, shows, complaints } = await scene(t);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const colours = "printf '\\033[38;2;250;100;50mtrue\\033[0m \\033[41mred\\033[0m\\n'; cat";
    await run(colours, /true red/);
    await page.evaluate("navigator.clipboard.writeText('pasted text')");
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('Control+v');
    await shows(/pasted text/);
    const word = await page.locator('.xterm-rows').getByText('red').boundingBox();
    await page.mouse.dblclick((word?.x ?? 0) + 5, (word?.y ?? 0) + 5);
    await page.keyboard.press('Control+c');
    await eventually(
      'the copy',
      async () => (await page.evaluate<string>('navigator.clipboard.readText()')).trim() === 'red',
    );
    // Tab is a key of the program.
    await page.keyboard.press('Tab');
    assert.equal(await page.locator('.xterm-helper-textarea:focus').count(), 1);
    await page.keyboard.press('Control+Shift+ArrowUp');
    await page.locator('button:focus', { hasText: 'End it' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Open' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('says that its agent is lost, and opens again when it is back', async t => {
    const { page, cluster, run, shows, complaints } = await scene(t);
    await run('echo there; sleep 600', /there/);
    await cluster.agent.kill();
    await shows(/The terminal is lost/);
    await page
      .getByRole('status')
      .getByText(/The terminal is lost: .*the connection was closed/)
      .waitFor();
    await cluster.agent.start();
    await cluster.registered(cluster.agent);
    await run('echo again; sleep 600', /again/);
    assert.deepEqual(complaints, []);
  });

  test('keeps what it shows while the master is away, and opens again when the agent is back', async t => {
    const { page, cluster, run, shows, shown, complaints } = await scene(t);
    await run('echo there; sleep 600', /there/);
    const { agent, master } = cluster;
    await agent.kill('SIGSTOP');
    await master.kill();
    await shows(/The terminal is lost/);
    await master.start();
    await page.getByText('The master does not know this task now').waitFor();
    await page.getByRole('button', { name: 'Open it again', disabled: true }).waitFor();
    assert.match(await shown(), /there[\s\S]*The terminal is lost/);
    await agent.kill('SIGCONT');
    await page.getByText('The master does not know this task now').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Open it again', disabled: false }).click();
    await page.getByText('Connected').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('keeps little for screen readers of a program that draws one line over and over', async t => {
    const { page, run, complaints } = await scene(t);
    const draws = "stty -echo; seq 20000 | tr '\\n' '\\r'; while read -r line; do printf '%s\\r' \"$line\"; done";
    await run(draws, /20000/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate("navigator.clipboard.writeText('marked\\n')");
    const region = page.locator('.xterm-accessibility .live-region');
    const announced = await eventually('what comes after it, for screen readers', async () => {
      await page.keyboard.press('Control+v');
      const text = (await region.textContent()) ?? '';
      return /marked\s*$/.test(text) ? text : undefined;
    });
    assert.ok(announced.length < 20_000, `${announced.length} characters`);
    assert.deepEqual(complaints, []);
  });

  test('is pasted a megabyte into, which a program writes as it reads', async t => {
    const { page, run, shows, complaints } = await scene(t);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await run('stty raw -echo; echo ready; head -c 1000000 | tr x y; stty sane; echo the-"end"; cat', /ready/);
    await page.evaluate("navigator.clipboard.writeText('xxxxxxxxx\\n'.repeat(100_000))");
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('Control+v');
    await shows(/the-end/);
    await page.keyboard.press('Control+c');
    await shows(/has ended with/);
    assert.deepEqual(complaints, []);
  });

  test('ends what it runs when its page goes, in whichever way', async t => {
    const { page, address, run } = await scene(t);
    for (const [index, leave] of [
      () => page.getByRole('link', { name: 'Overview' }).last().click(),
      () => page.getByRole('button', { name: 'End it' }).click(),
      () => page.reload(),
      () => page.close(),
    ].entries()) {
      const mark = `web-terminal-${process.pid}-${index}`;
      await page.goto(address);
      await run(`trap '' HUP; echo there; sh -c 'sleep 600; :' ${mark}`, /there/);
      await eventually('the process', () => processesWith(mark).length > 0);
      await leave();
      await eventually('the end of the process', () => processesWith(mark).length === 0);
    }
  });

  test('shows much output without losing any, while the page answers', async t => {
    const { page, run, shows, complaints } = await scene(t);
    await run('seq 1000000; echo the-"end"; sleep 600', /the-end/);
    await page.getByText('Connected').waitFor();
    await shows(/999999\s+1000000\s+the-end/);
    assert.deepEqual(complaints, []);
  });

  test('says why there is none: a task that has ended, a master that passes nothing on', async t => {
    const { page, cluster, framework, complaints } = await scene(t);
    await framework.run(shellTask('ended', 'exit 1'));
    await framework.end('ended');
    await page.goto(`${cluster.master.origin}/#/tasks/${framework.info.id?.value}/ended?tab=terminal`);
    await page.getByText('The task has ended (failed)').waitFor();
    assert.deepEqual(complaints, []);
    await cluster.master.kill();
    await cluster.master.start({ agent_proxy: false });
    await cluster.registered(cluster.agent);
    await page.goto(`${cluster.master.origin}/#/tasks/${framework.info.id?.value}/task?tab=terminal`);
    await page.reload();
    await page.getByText(/--agent_proxy=false/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Open' }).getAttribute('aria-disabled'), 'true');
    await page.goto(`${cluster.master.origin}/#/agents/${(await cluster.slaves())[0]?.id}`);
    const containers = page.getByRole('region', { name: 'Executors and containers' });
    await containers.getByText('The containers cannot be read').waitFor();
    await containers.getByText(/passes no requests on to agents/).waitFor();
    assert.doesNotMatch((await page.getByRole('main').textContent()) ?? '', /You may not/);
    await page.goBack();
    // Of a master that does not tell beforehand.
    await page.route('**/ui/can', route => route.fulfill({ status: 404 }));
    await page.reload();
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').getByText('AGENT_PROXY_OFF').waitFor();
  });

  test('has no barriers that axe finds, in light and in dark', async t => {
    const { page, run, shows } = await scene(t);
    await page.getByRole('button', { name: 'Open' }).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await barriers(page), [], `before it is opened, in ${colorScheme}`);
    }
    await run('echo there; cat', /there/);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await barriers(page), [], `in ${colorScheme}`);
    }
    await shows(/there/);
  });
});
