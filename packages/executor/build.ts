/**
 * Bundles the stand-alone executor into `dist/executor.cjs`, or into the directory given: one program, since one such process
 * runs per task and its start-up counts. `executor.inputs.json` has what it was made from: `meseta executor` runs no bundle
 * that is older.
 *
 * Twice: first into ES modules, split where modules are loaded on demand, which leaves out everything unused; these then
 * into one CommonJS file, where what is loaded on demand, built-in modules like TLS included, is only run on demand.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const dist = process.argv[2] ?? at('./dist');
const chunks = join(dist, 'chunks');

/** None of our modules does anything by being loaded: those whose exports are unused can go. */
const pureModules: Plugin = {
  name: 'pure-modules',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^(@meseta\/|\.)/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === 'plain' || from.kind === 'entry-point') return undefined;
      const found = await resolve(path, { ...from, pluginData: 'plain' });
      return { ...found, sideEffects: false, pluginData: undefined };
    });
  },
};

/** The shim's program in Perl comes as text, without comments: there is no file to name. */
const perlInside: Plugin = {
  name: 'perl-inside',
  setup({ onLoad }) {
    onLoad({ filter: /\/containers\/src\/shim\/program\.ts$/ }, ({ path }) => ({
      contents: `import text from './shim.pl'; export const shimProgram = ['-e', text, '--'];`,
      resolveDir: dirname(path),
    }));
    onLoad({ filter: /\.pl$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/^\s*#.*\n/gm, ''),
      loader: 'text',
    }));
  },
};

/** An older Node.js has to get as far as this, hence the syntax of `target`. */
const banner = `#!/usr/bin/env node
"use strict";const isMain = require.main === module;
if (parseInt(process.versions.node, 10) < 24) {
  process.stderr.write("The executor needs Node.js 24 or newer, and this is " + process.version + ", " + process.execPath + ": put a newer one first in PATH, or start the executor with it, as in 'node executor.cjs'\\n");
  process.exit(1);
}`;

const common = { bundle: true, platform: 'node', target: 'node18', legalComments: 'none' } satisfies BuildOptions;

const { metafile } = await build({
  ...common,
  metafile: true,
  entryPoints: [at('./src/standalone/entry.ts')],
  outdir: chunks,
  format: 'esm',
  splitting: true,
  plugins: [pureModules, perlInside],
});
await build({
  ...common,
  entryPoints: [`${chunks}/entry.js`],
  outfile: join(dist, 'executor.cjs'),
  format: 'cjs',
  minify: true,
  banner: { js: banner },
  define: { 'import.meta.main': 'isMain' },
});
await chmod(join(dist, 'executor.cjs'), 0o755);
await rm(chunks, { recursive: true });
const inputs = Object.keys(metafile.inputs).map(path => relative(dist, resolve(path)));
await writeFile(join(dist, 'executor.inputs.json'), JSON.stringify(inputs));
