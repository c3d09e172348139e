#!/usr/bin/env node
// Entry of the command. Plain JavaScript, so that `--version` costs no type stripping; everything else is loaded from
// TypeScript through V8's compile cache, which also keeps the stripped text.
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const argument = process.argv[2];
if (argument === '--version') {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  console.log(`meseta ${version}`);
} else {
  // In the checkout rather than in the temporary directory, which others may write to.
  module.enableCompileCache?.(fileURLToPath(new URL('../../../.meseta/compile-cache', import.meta.url)));
  const { main } = await import('../src/main.ts');
  // Node.js writes it at the end of the process, but daemons are killed at times, and are wanted back soon then.
  setTimeout(() => module.flushCompileCache?.(), 5000).unref();
  await main(process.argv.slice(2));
}
