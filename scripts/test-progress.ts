/**
 * Loaded before a test file, in its process: writes down at once which tests begin and end. What the test runner of
 * Node.js reports waits for the event loop, which a test may keep busy for ever.
 */
import { subscribe } from 'node:diagnostics_channel';
import { openSync, writeSync } from 'node:fs';
import { progressFile } from './test-progress-file.ts';

let file: number | undefined;

/** Opened by the first test: processes and threads that a test file starts may load this module, too. */
function write(event: 'begun' | 'ended', { name }: { readonly name: string }): void {
  if (name === '<root>') return;
  file ??= openSync(progressFile(process.env.TMPDIR ?? ''), 'a');
  writeSync(file, `${JSON.stringify({ event, name })}\n`);
}

// Node.js 24 has no such channels: there, the report has what its test runner said.
subscribe('tracing:node.test:start', message => write('begun', message as { name: string }));
subscribe('tracing:node.test:end', message => write('ended', message as { name: string }));
