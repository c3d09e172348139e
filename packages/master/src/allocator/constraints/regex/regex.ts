import { type CharacterTest, word } from './character-class.ts';
import { type Expression, parse } from './parse.ts';

type Instruction =
  | { op: 'character'; test: CharacterTest; next: number }
  | { op: 'assertion'; kind: 'begin' | 'end' | 'boundary' | 'no-boundary'; next: number }
  | { op: 'split'; next: number; other: number }
  | { op: 'match' };

/** A pattern that cannot be used. The message is Mesos's as far as it has one. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
  readonly code = 'REGEX';
}

/**
 * A regular expression that comes from a framework: matches whole texts in time proportional to their length times the
 * size of the expression, whatever that is. JavaScript's own may take exponential time.
 */
export class Regex {
  readonly #program: readonly Instruction[];
  readonly #start: number;

  /**
   * @param mostInstructions limit of the compiled size.
   * @throws {RegexError}
   */
  constructor(pattern: string, mostInstructions: number) {
    const compiler = new Compiler(pattern, mostInstructions);
    this.#start = compiler.compile(parsed(pattern), compiler.emit({ op: 'match' }));
    this.#program = compiler.program;
  }

  matches(text: string): boolean {
    const points = Array.from(text, character => character.codePointAt(0)!);
    let states = this.#reach([this.#start], points, 0);
    for (let at = 0; at < points.length && states.size > 0; at++) {
      const next: number[] = [];
      for (const state of states) {
        const instruction = this.#program[state]!;
        if (instruction.op === 'character' && instruction.test(points[at]!)) next.push(instruction.next);
      }
      states = this.#reach(next, points, at + 1);
    }
    return states.values().some(state => this.#program[state]!.op === 'match');
  }

  /** The states that are reached without reading a character. */
  #reach(from: number[], points: readonly number[], at: number): Set<number> {
    const reached = new Set<number>();
    const open = from;
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (reached.has(state)) continue;
      reached.add(state);
      const instruction = this.#program[state]!;
      if (instruction.op === 'split') open.push(instruction.next, instruction.other);
      else if (instruction.op === 'assertion' && holds(instruction.kind, points, at)) open.push(instruction.next);
    }
    return reached;
  }
}

function parsed(pattern: string): Expression {
  try {
    return parse(pattern);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RegexError(`Failed to construct regex from pattern '${pattern}': ${error.message}`, { cause: error });
  }
}

function holds(kind: 'begin' | 'end' | 'boundary' | 'no-boundary', points: readonly number[], at: number): boolean {
  if (kind === 'begin') return at === 0;
  if (kind === 'end') return at === points.length;
  const isWord = (i: number) => points[i] !== undefined && word(points[i]);
  return (isWord(at - 1) !== isWord(at)) === (kind === 'boundary');
}

/** Builds the program from its end: each part is told where to go on. */
class Compiler {
  readonly program: Instruction[] = [];
  readonly #pattern: string;
  readonly #most: number;
  #steps = 0;

  constructor(pattern: string, most: number) {
    this.#pattern = pattern;
    this.#most = most;
  }

  emit(instruction: Instruction): number {
    const size = this.program.push(instruction);
    if (size > this.#most) this.#refuse(size);
    return size - 1;
  }

  /** @returns where the part begins. */
  compile(expression: Expression, next: number): number {
    if (++this.#steps > 100 * this.#most) this.#refuse(this.#steps); // Repetitions of nothing make no instructions.
    switch (expression.type) {
      case 'character':
        return this.emit({ op: 'character', test: expression.test, next });
      case 'assertion':
        return this.emit({ op: 'assertion', kind: expression.kind, next });
      case 'sequence':
        return expression.parts.reduceRight((after, part) => this.compile(part, after), next);
      case 'choice':
        return expression.options
          .map(option => this.compile(option, next))
          .reduceRight((other, option) => this.emit({ op: 'split', next: option, other }));
      case 'repeat':
        return this.#repeat(expression.part, expression.least, expression.most, next);
    }
  }

  #repeat(part: Expression, least: number, most: number, next: number): number {
    let start = next;
    if (most === Number.POSITIVE_INFINITY) start = this.#loop(part, next);
    else
      for (let i = least; i < most; i++)
        start = this.emit({ op: 'split', next: this.compile(part, start), other: next });
    for (let i = 0; i < least; i++) start = this.compile(part, start);
    return start;
  }

  #refuse(size: number): never {
    throw new RegexError(
      `Regex '${this.#pattern}' is too complex: program size of ${size} is larger than maximum of ${this.#most} allowed`,
    );
  }

  #loop(part: Expression, next: number): number {
    const split: Instruction = { op: 'split', next, other: next };
    const start = this.emit(split);
    split.other = this.compile(part, start);
    return start;
  }
}
