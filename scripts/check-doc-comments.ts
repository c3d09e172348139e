/**
 * Checks that every exported declaration of the packages has a doc comment directly above it. Re-exports need none, nor
 * do generated files, tests and what only tests import.
 */
import { globSync, readFileSync } from 'node:fs';

/** An exported declaration; its name, or what stands there when it has none, is the first group. */
const declaration =
  /^export\s+(?:default\s+)?(?:declare\s+|abstract\s+|async\s+)*(?:function\*?|class|interface|type|const|let|enum|namespace)\s+(\w+|\{.*)/;

/** `export type { Name } from …` and `export type { Name }`. */
const reexport = /^export\s+type\s*\{/;

const isExempt = (path: string) => /\.test\.ts$|\/(gen|dist|testing)\/|\/testing\.ts$/.test(path);

function undocumented(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const documented = new Set<string>();
  return lines.flatMap((line, index) => {
    const name = reexport.test(line) ? undefined : declaration.exec(line)?.[1];
    if (name === undefined || documented.has(name)) return []; // further signatures of a function
    if (hasDocComment(lines, index)) {
      documented.add(name);
      return [];
    }
    return [`${path}:${index + 1}: '${name}' has no doc comment`];
  });
}

/** Whether the line above ends a comment that begins with two asterisks. */
function hasDocComment(lines: readonly string[], index: number): boolean {
  if (!lines[index - 1]?.trimEnd().endsWith('*/')) return false;
  const start = lines.slice(0, index).findLast(line => line.trimStart().startsWith('/*'));
  return start?.trimStart().startsWith('/**') ?? false;
}

/** @returns one line a problem. Paths are relative to the working directory, which is the checkout. */
export function checkDocComments(): string[] {
  const paths = globSync('packages/*/src/**/*.{ts,tsx}').sort();
  return paths.filter(path => !isExempt(path)).flatMap(undocumented);
}
