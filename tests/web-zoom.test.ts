/** Every page of the web UI at 200 %, in a real browser, on real daemons: nothing is out of reach, and only tables scroll sideways. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import { barriers, buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { startWebScene, type WebScene } from './support/web-scene.ts';

const open = sharedBrowser();

/** What a window of 1280 × 900 has room for at 200 %: half of each, by two dots each. */
const zoomed = { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 };

/** Addresses of all pages and tabs, with what is there last. */
function addressesOf({ marathon, agents }: WebScene): (readonly [address: string, text: RegExp])[] {
  const framework = marathon.info.id?.value;
  return [
    ['/', /api\.2/],
    ['/agents', /node3\.example/],
    [`/agents/${agents.node2}`, /shop\.2/],
    [`/agents/${agents.node2}?tab=log`, /--log_dir/],
    ['/frameworks', /chronos/],
    [`/frameworks/${framework}`, /shop\.1/],
    ['/roles', /batch/],
    ['/tasks', /shop\.1/],
    ['/tasks?group=role&open=["web"]', /shop\.1/],
    [`/tasks/${framework}/shop.1`, /GET \/cart/],
    [`/tasks/${framework}/shop.1?tab=files`, /stdout/],
    [`/tasks/${framework}/shop.1?tab=terminal`, /Open/],
    ['/offers', /node1\.example/],
    [`/why?framework=${framework}&cpus=2&mem=1024`, /Role web/],
    ['/run', /URIs/],
    ['/maintenance', /node3\.example/],
    ['/events', /connected/],
    ['/metrics?plot=["master/tasks_running"]', /allocator\//],
    ['/about', /--work_dir/],
    ['/tasks/none/none', /never existed/],
    ['/nowhere', /no such page/],
  ];
}

/** Finds what is out of reach in the page, or in the dialogue that is open. */
const outOfReach = readFileSync(new URL('support/out-of-reach.mjs', import.meta.url), 'utf8');

describe('the web UI at 200 %', needsChromium, () => {
  before(buildWebUi);

  test('every page', async t => {
    const started = await startWebScene(t);
    const { page, complaints } = await open(zoomed);
    t.after(() => page.context().close());
    const go = (address: string) => page.goto(`${started.cluster.master.origin}/#${address}`);
    const isReachable = async () => {
      assert.deepEqual(await barriers(page), []);
      assert.deepEqual(await page.evaluate(outOfReach), []); // scrolls
    };
    for (const [address, text] of addressesOf(started)) {
      await t.test(`${address} is usable`, async () => {
        await go(address);
        await eventually('its contents', async () => {
          const shown = (await page.getByRole('main').textContent()) ?? '';
          return text.test(shown) && (await page.getByRole('status', { name: /^Loading/ }).count()) === 0;
        });
        await isReachable();
      });
    }
    const long = await started.cluster.framework({ name: 'n'.repeat(200), roles: [`eng/${'x'.repeat(120)}`] });
    const id = long.info.id?.value;
    for (const address of [`/why?framework=${id}`, `/frameworks/${id}`, '/roles']) {
      await t.test(`${address} is usable with names that are long`, async () => {
        await go(address);
        await page
          .getByText(/x{120}/)
          .first()
          .waitFor();
        await isReachable();
      });
    }
    await long.close();
    for (const [address, button] of [
      [`/agents/${started.agents.node2}`, 'Reserve'],
      [`/agents/${started.agents.node2}`, 'Resize a volume'],
      [`/agents/${started.agents.node2}`, 'Drain'],
      ['/roles', 'Quota of role web'],
    ] as const) {
      await t.test(`the dialogue of '${button}' is usable`, async () => {
        await go(address);
        await page.getByRole('button', { name: button, exact: true }).click();
        await page.getByRole('dialog').waitFor();
        await isReachable();
        await page.keyboard.press('Escape');
      });
    }
    for (const key of ['?', 'Control+k']) {
      await t.test(`what ${key} opens is usable`, async () => {
        await go('/tasks');
        await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
        await page.keyboard.press(key);
        await page.getByRole('dialog').waitFor();
        await isReachable();
        await page.keyboard.press('Escape');
      });
    }
    await t.test('nothing of the overview sticks out of its panel, however wide the window is', async () => {
      await go('/');
      await page.getByRole('meter', { name: 'Memory in use' }).waitFor();
      for (const width of [640, 1000, 1280, 1600]) {
        await page.setViewportSize({ width, height: 900 });
        const wide = `[...document.querySelectorAll('.panel')].filter(each => each.scrollWidth > each.clientWidth)`;
        assert.deepEqual(await page.evaluate(`${wide}.map(each => each.ariaLabel)`), [], `${width} pixels`);
      }
    });
    assert.deepEqual(
      complaints.filter(text => !text.includes('status of 404')),
      [],
    );
  });
});
