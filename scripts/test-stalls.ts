/**
 * Loaded before everything else into each process of a test run with `--stalls` (by `NODE_OPTIONS`): stops it for
 * moments at random, as a machine does that is short of processors. Most processes are, so that a fast one meets slow
 * ones.
 */
const shareOfProcesses = 0.8;
const longestPauseMs = 300;
const longestStallMs = 120;

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Mostly short stalls, few long ones. */
function stall(): void {
  Atomics.wait(cell, 0, 0, Math.random() * Math.random() * longestStallMs);
  next();
}

function next(): void {
  setTimeout(stall, Math.random() * longestPauseMs).unref();
}

if (Math.random() < shareOfProcesses) next();
