/** A task that writes so many lines a second: `lines.ts 10000`. Each has its number. */
const perSecond = Number(process.argv[2]);
const TICK_MS = 50;
const startedAt = performance.now();
let written = 0;
setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
  let text = '';
  while (written < due) text += `line ${++written} of a task that writes a lot of them\n`;
  process.stdout.write(text);
}, TICK_MS);
