/**
 * A co-process that answers each call by running the method's script, as fork mode does. So one set of scripts
 * serves the tests of both modes. Usage: bridge.mjs DIRECTORY
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const directory = process.argv[2];
const send = message => process.stdout.write(`${JSON.stringify(message)}\n`);

function answer({ id, method, input }) {
  const [inFile, outFile, errFile] = ['in', 'out', 'err'].map(suffix =>
    join(directory, `${process.pid}-${id}.${suffix}`),
  );
  writeFileSync(inFile, JSON.stringify(input));
  writeFileSync(outFile, '');
  writeFileSync(errFile, '');
  const env = { ...process.env, MESOS_COMMAND_MODULE_METHOD: method };
  const child = spawn(join(directory, method), [inFile, outFile, errFile], { env });
  for (const words of [child.stdout, child.stderr]) words.pipe(process.stderr, { end: false });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(input));
  child.on('exit', (code, signal) => {
    if (signal) return process.kill(process.pid, signal);
    if (code === 0) send({ id, ok: true, output: read(outFile) });
    else send({ id, ok: false, error: read(errFile), code });
    for (const file of [inFile, outFile, errFile]) rmSync(file, { force: true });
  });
}

/** Returns the file's JSON where it is JSON, else its text, which the daemon has to reject. */
function read(file) {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
    const value = file.endsWith('.out') && text !== '' ? JSON.parse(text) : undefined;
    return typeof value === 'object' ? value : text;
  } catch {
    return text;
  }
}

createInterface({ input: process.stdin })
  .on('line', line => {
    const message = JSON.parse(line);
    if (message.protocol) send({ protocol: message.protocol });
    else answer(message);
  })
  .on('close', () => process.exit());
