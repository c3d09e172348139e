/** Predicts how the agent's shell reads a command line that starts an executor with its task's command. Pure. */

/**
 * Finds why the agent's shell would run a part of the task's command itself, beside the executor: an operator outside
 * of quotes after which the shell continues. A pipeline and `&` always do that; `;`, `&&`, `||` and a line feed only
 * when the shell does not become the executor by `exec`.
 *
 * @param line the rest of the command line, which is the task's command.
 * @param isReplaced the shell becomes the executor.
 * @returns the operator as it is written, a line feed as `line feed`; undefined when there is none.
 */
export function operatorBehind(line: string, isReplaced: boolean): string | undefined {
  for (const [token] of line.matchAll(tokens)) {
    if (token === '|' || token === '|&' || token === '&') return token;
    if (!isReplaced && /^(;|&&|\|\||\n)$/.test(token)) return token === '\n' ? 'line feed' : token;
  }
  return undefined;
}

/**
 * Tells whether the last command of the beginning of a command line is run by `exec`.
 *
 * @param before the text before the executor's own words: `cd /x && exec env A=1 `.
 */
export function endsInExec(before: string): boolean {
  const parts = before.split(/\n|;|&&|\|\|?/);
  return /^\s*(?:\w+=\S*\s+)*exec\s/.test(parts.at(-1) ?? '');
}

/** Quoted texts, escaped characters, comments, redirections that have operators' characters, operators, anything else. */
const tokens = /'[^']*'|"(?:\\.|[^"\\])*"|\\.|(?<![^\s;&|])#[^\n]*|[<>]&|&>>?|>\||&&|\|\||\|&|[;&|\n]|./gs;
