/**
 * The source of the program that runs one hook module in its own process, so that a module that loops, exits or
 * crashes affects only its task. Node.js gets it as text. Its arguments are the module's path and a mark: lines of
 * standard output that start with the mark are answers, all others are output of the module. Requests are lines of JSON
 * on standard input.
 */
export const moduleHostProgram = String.raw`
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
const [path, mark] = process.argv.slice(1);
const say = answer => process.stdout.write('\n' + mark + JSON.stringify(answer) + '\n');
const reason = error => (error instanceof Error ? error.message || error.name : String(error));
let hook;
try {
  hook = (await import(pathToFileURL(path).href)).default;
  if (typeof hook?.handle !== 'function') throw new Error("its default export has no function 'handle'");
  if (typeof hook.name !== 'string' || hook.name === '') throw new Error("its default export has no 'name'");
  say({ name: hook.name });
} catch (error) {
  say({ error: reason(error) });
  process.exit(1);
}
process.on('unhandledRejection', error => { console.error(error); process.exit(1); });
for await (const line of createInterface({ input: process.stdin })) {
  const { event, task } = JSON.parse(line);
  try {
    say({ env: (await hook.handle(event, task)) ?? [] });
  } catch (error) {
    say({ error: reason(error) });
  }
}
process.exit(0);
`;
