import { readFileSync, truncateSync } from 'node:fs';

/** Reads a file of lines in JSON; none when it does not exist. A line that a crash has cut is removed. */
export function readLines<Line>(file: string): Line[] {
  const text = readText(file);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) truncateSync(file, Buffer.byteLength(whole));
  return whole
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line));
}

/** Reads a file; empty when it does not exist. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
