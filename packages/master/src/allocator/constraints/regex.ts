import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

/** A pattern that cannot be used. The message is Mesos's as far as it has one. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
  readonly code = 'REGEX';
}

const require = createRequire(import.meta.url);

/**
 * A regular expression that comes from a framework, in RE2's syntax. It matches whole texts in time proportional to
 * their length; JavaScript's own expressions may take exponential time.
 *
 * The engine is loaded with the first expression: few frameworks send one, and its Unicode tables take memory.
 */
export class Regex {
  readonly #compiled: RE2JS;

  /**
   * @param mostInstructions limit of the compiled size, `--offer_constraints_re2_max_program_size`.
   * @throws {RegexError}
   */
  constructor(pattern: string, mostInstructions: number) {
    this.#compiled = compile(pattern);
    const size = this.#compiled.programSize();
    if (size <= mostInstructions) return;
    throw new RegexError(
      `Regex '${pattern}' is too complex: program size of ${size} is larger than maximum of ${mostInstructions} allowed`,
    );
  }

  /** Tells whether the whole text matches. */
  matches(text: string): boolean {
    return this.#compiled.testExact(text);
  }
}

function compile(pattern: string): RE2JS {
  const engine = require('re2js') as typeof import('re2js');
  try {
    return engine.RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof engine.RE2JSException)) throw error;
    const problem = error.message.replace(/^error parsing regexp: /, '');
    throw new RegexError(`Failed to construct regex from pattern '${pattern}': ${problem}`, { cause: error });
  }
}
