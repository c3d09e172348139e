/** Builds the web UI into `dist/`, which masters serve, with a compressed copy of each file: `npm run web`. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type Plugin } from 'vite';

/** What a browser loads before it shows anything, in bytes of gzip. */
const INITIAL_LIMIT = 200_000;
/** What it loads when a part of a page is opened for which it is needed, such as a terminal; of all of these. */
const LAZY_LIMIT = 180_000;

const root = import.meta.dirname;
/** Moved to its place when it is whole: a master may serve what is there. */
const stage = join(root, `dist.${process.pid}`);
/** What was in its place before. */
const replaced = `${stage}.replaced`;
process.on('exit', () => {
  for (const each of [stage, replaced]) rmSync(each, { recursive: true, force: true });
});

/** For each module that is a file of its own: that file, and what it needs. */
interface ManifestEntry {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

const manifestName = 'manifest.json';

/** Lets browsers run `start.ts` as soon as they have it: as an import of the other script it would wait for all of that. */
const startFirst: Plugin = {
  name: 'start-first',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle = {} }) {
      const start = Object.values(bundle).find(({ name }) => name === 'start');
      if (start === undefined) throw new Error('There is no file that starts the page');
      const attrs = { type: 'module', async: true, crossorigin: true, src: `/${start.fileName}` };
      return [{ tag: 'script', attrs, injectTo: 'head-prepend' }];
    },
  },
};

await build({
  root,
  plugins: [startFirst],
  logLevel: 'warn',
  build: {
    outDir: stage,
    target: 'es2023',
    // Nothing is inlined: the master's policy allows no `data:` addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: manifestName,
    rolldownOptions: {
      input: { index: join(root, 'index.html'), start: join(root, 'src/start.ts') },
      // Directives such as "use client" mean nothing here.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
    },
  },
  worker: { format: 'es' },
});

const manifest = JSON.parse(readFileSync(join(stage, manifestName), 'utf8')) as Record<string, ManifestEntry>;
rmSync(join(stage, manifestName));
const files = readdirSync(stage, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name));
const lazy = lazyFiles();
const sizes = { initial: 0, lazy: 0 };
for (const file of files) {
  const content = readFileSync(file);
  const gzip = gzipSync(content, { level: 9 });
  writeFileSync(`${file}.gz`, gzip);
  writeFileSync(`${file}.br`, brotliCompressSync(content));
  sizes[lazy.has(file) ? 'lazy' : 'initial'] += gzip.length;
}
console.log(`${files.length} files, ${sizes.initial} bytes of gzip at first, ${sizes.lazy} when they are needed`);
demandSize('at first', sizes.initial, INITIAL_LIMIT);
demandSize('when they are needed', sizes.lazy, LAZY_LIMIT);
const place = join(root, 'dist');
// Nothing is there for a moment only, not while many files are removed.
if (existsSync(place)) renameSync(place, replaced);
renameSync(stage, place);

/** Returns the files that no page needs before something in it is opened. */
function lazyFiles(): ReadonlySet<string> {
  const initial = new Set<string>();
  const needed = (name: string) => {
    const entry = manifest[name];
    if (entry === undefined || initial.has(entry.file)) return;
    for (const file of [entry.file, ...(entry.css ?? [])]) initial.add(file);
    for (const each of entry.imports ?? []) needed(each);
  };
  const entries = Object.entries(manifest);
  for (const [name, { isEntry }] of entries) if (isEntry) needed(name);
  const opened = entries.flatMap(([, { dynamicImports = [] }]) => dynamicImports);
  const lazy = new Set<string>();
  const neededLater = (name: string) => {
    const entry = manifest[name];
    if (entry === undefined || lazy.has(entry.file)) return;
    for (const file of [entry.file, ...(entry.css ?? [])]) lazy.add(file);
    for (const each of [...(entry.imports ?? []), ...(entry.dynamicImports ?? [])]) neededLater(each);
  };
  for (const name of opened) neededLater(name);
  return new Set([...lazy].filter(file => !initial.has(file)).map(file => join(stage, file)));
}

function demandSize(when: string, size: number, limit: number): void {
  if (size > limit) throw new Error(`The files that are loaded ${when} have ${size} bytes of gzip, more than ${limit}`);
}
