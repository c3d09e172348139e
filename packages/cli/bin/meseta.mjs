#!/usr/bin/env node
// The entry of the command. It is plain JavaScript, so that `--version` needs no type stripping. Everything else is
// loaded from TypeScript through V8's compile cache, which also stores the stripped text.
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const argument = process.argv[2];
if (argument === '--version') {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  console.log(`meseta ${version}`);
} else {
  // In the checkout and not in the temporary directory, which other users may write to.
  module.enableCompileCache?.(fileURLToPath(new URL('../../../.meseta/compile-cache', import.meta.url)));
  const { youngGeneration } = await import('../src/heap.ts');
  youngGeneration.hold(process.execArgv);
  const { main } = await import('../src/main.ts');
  // Node.js writes the cache when the process ends, but a daemon may be killed, and its restart should be fast.
  setTimeout(() => youngGeneration.asStarted(() => module.flushCompileCache?.()), 5000).unref();
  await main(process.argv.slice(2));
}
