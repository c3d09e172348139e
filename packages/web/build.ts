/** Builds the web UI into `dist/`, which masters serve, with a compressed copy of each file: `npm run web`. */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';

/** What a browser loads before it shows anything, in bytes of gzip. Parts of pages come later, when they are opened. */
const INITIAL_LIMIT = 200_000;

const root = import.meta.dirname;
/** Moved to its place when it is whole: a master may serve what is there. */
const stage = join(root, `dist.${process.pid}`);
process.on('exit', () => rmSync(stage, { recursive: true, force: true }));

const built = await build({
  root,
  logLevel: 'warn',
  build: {
    outDir: stage,
    target: 'es2023',
    // Nothing is inlined: the master's policy allows no `data:` addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // Directives such as "use client" mean nothing here.
      onLog: (level, log, handle) => log.code === 'MODULE_LEVEL_DIRECTIVE' || handle(level, log),
    },
  },
  worker: { format: 'es' },
});

const files = readdirSync(stage, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name));
const later = new Set(laterFiles([built].flat().flatMap(result => ('output' in result ? result.output : []))));
let total = 0;
let initial = 0;
for (const file of files) {
  const content = readFileSync(file);
  const gzip = gzipSync(content, { level: 9 });
  writeFileSync(`${file}.gz`, gzip);
  writeFileSync(`${file}.br`, brotliCompressSync(content));
  total += gzip.length;
  if (!later.has(relative(stage, file))) initial += gzip.length;
}
console.log(`${files.length} files, ${total} bytes of gzip, ${initial} of them at first`);
if (initial > INITIAL_LIMIT)
  throw new Error(`The web UI loads ${initial} bytes of gzip at first, more than ${INITIAL_LIMIT}`);
const place = join(root, 'dist');
rmSync(place, { recursive: true, force: true });
renameSync(stage, place);

/** What is known of a file that was built. */
interface BuiltFile {
  readonly type: 'chunk' | 'asset';
  readonly fileName: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
}

/** Returns the scripts that no page loads before it needs them. */
function laterFiles(output: readonly BuiltFile[]): string[] {
  const chunks = new Map(output.filter(({ type }) => type === 'chunk').map(chunk => [chunk.fileName, chunk]));
  const first = new Set<string>();
  const add = (name: string) => {
    if (first.has(name)) return;
    first.add(name);
    chunks.get(name)?.imports?.forEach(add);
  };
  for (const { fileName, isEntry } of chunks.values()) if (isEntry) add(fileName);
  return [...chunks.keys()].filter(name => !first.has(name));
}
