/**
 * The pictures of the guide of the web UI, taken of real daemons. `npm run pictures` writes them into `docs/`; the test itself takes them
 * too, and compares no pixels, which depend on the fonts of the machine.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { eventually } from '@meseta/system/testing';
import type { Page } from 'playwright-core';
import { buildWebUi, needsChromium, sharedBrowser } from './support/browser.ts';
import { startWebScene, type WebScene } from './support/web-scene.ts';

const open = sharedBrowser();
const docs = new URL('../docs/', import.meta.url).pathname;

/** The window of all pictures. */
const viewport = { width: 1120, height: 610 };
/** Of one picture: whoever clones the repository has all of them. */
const MOST_BYTES = 150_000;

/** A picture: what it shows, and what is there when the page is complete. */
interface Picture {
  readonly name: string;
  readonly colorScheme?: 'dark';
  readonly address: string;
  readonly shows: RegExp;
  /** The part of the page that is seen at the bottom. Default: the page is seen from its top. */
  readonly to?: string;
}

function picturesOf({ marathon, agents }: WebScene): Picture[] {
  const framework = marathon.info.id?.value;
  // With the sample of the history that has the tasks: one from before them has only zeros.
  const overview = { address: '/', shows: /Resources by use.*CPUs\s*0\.4.*active.*allocated.*Failed lately/s };
  return [
    { name: 'overview', ...overview },
    { name: 'overview-dark', colorScheme: 'dark', ...overview },
    { name: 'tasks', address: '/tasks?filter=role:web', shows: /running3.*shop\.1/s },
    { name: 'task', address: `/tasks/${framework}/shop.1`, shows: /GET \/cart\/pay/, to: 'Output' },
    { name: 'agent', address: `/agents/${agents.node2}`, shows: /storage.*shop\.2/s, to: 'Executors and containers' },
    { name: 'why', address: `/why?framework=${framework}`, shows: /Role web/ },
  ];
}

/** The names of the pictures in the guide. */
function picturesInGuide(): string[] {
  const guide = readFileSync(`${docs}web-ui.md`, 'utf8');
  return [...guide.matchAll(/!\[[^\]]+\]\(pictures\/web-ui-([\w-]+)\.png\)/g)].map(([, name = '']) => name);
}

/** Width and height of a PNG file, from its first chunk. */
function sizeOf(png: Buffer): { readonly width: number; readonly height: number } {
  assert.equal(png.toString('latin1', 1, 4), 'PNG');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/** How many colours a PNG file has. */
function coloursOf(page: Page, png: Buffer): Promise<number> {
  return page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob('${png.toString('base64')}'), letter => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes]));
    const { width, height } = picture;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    return new Set(new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer)).size;
  })()`);
}

/** Writes an address into the page that is the same each time in the place of the master's. */
const withoutPorts = (address: string) => `(() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll('${address}', 'master.example:5050');
})()`;

describe('pictures of the web UI', needsChromium, () => {
  before(buildWebUi);

  test('each picture of the guide is taken, and is there', async t => {
    const started = await startWebScene(t);
    const pictures = picturesOf(started);
    assert.deepEqual(picturesInGuide().sort(), pictures.map(({ name }) => name).sort());
    const isWritten = process.env.MESETA_WRITE_PICTURES !== undefined;
    mkdirSync(`${docs}pictures`, { recursive: true });
    const { master } = started.cluster;
    for (const { name, colorScheme, address, shows, to } of pictures) {
      await t.test(name, async () => {
        const { page } = await open({ viewport, colorScheme: colorScheme ?? 'light', reducedMotion: 'reduce' });
        await page.goto(`${master.origin}/#${address}`);
        await eventually('the contents', async () => shows.test((await page.getByRole('main').textContent()) ?? ''));
        await eventually('all of it', async () => (await page.locator('.skeleton, .plot-loading').count()) === 0);
        if (to !== undefined) {
          await page.getByRole('region', { name: to }).evaluate(element => element.scrollIntoView({ block: 'end' }));
        }
        await page.evaluate(withoutPorts(master.address));
        const file = `${docs}pictures/web-ui-${name}.png`;
        const taken = await page.screenshot();
        await page.goto('about:blank');
        assert.deepEqual(sizeOf(taken), viewport);
        assert.ok((await coloursOf(page, taken)) > 20, 'it shows something');
        await page.context().close();
        if (isWritten) writeFileSync(file, taken);
        const inGuide = readFileSync(file);
        assert.deepEqual(sizeOf(inGuide), viewport);
        assert.ok(inGuide.length < MOST_BYTES, `${inGuide.length} bytes`);
      });
    }
  });
});
