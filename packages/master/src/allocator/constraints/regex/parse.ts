import { type CharacterTest, not, perlClasses, posixClasses } from './character-class.ts';

/** A regular expression as a tree. */
export type Expression =
  | { type: 'character'; test: CharacterTest }
  | { type: 'assertion'; kind: 'begin' | 'end' | 'boundary' | 'no-boundary' }
  | { type: 'sequence'; parts: Expression[] }
  | { type: 'choice'; options: Expression[] }
  | { type: 'repeat'; part: Expression; least: number; most: number };

const deepest = 100;
const mostRepetitions = 1000;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07' };

/**
 * Reads the part of RE2's syntax that has a meaning for whole-text matches: everything regular. Groups do not capture,
 * laziness does not matter. No back references, look-around, Unicode classes or flags other than a leading `(?i)`.
 *
 * @throws {SyntaxError}
 */
export function parse(pattern: string): Expression {
  const ignoreCase = pattern.startsWith('(?i)');
  const parser = new Parser(Array.from(ignoreCase ? pattern.slice(4) : pattern), ignoreCase);
  return parser.whole();
}

class Parser {
  readonly #text: readonly string[];
  readonly #ignoreCase: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: readonly string[], ignoreCase: boolean) {
    this.#text = text;
    this.#ignoreCase = ignoreCase;
  }

  whole(): Expression {
    const expression = this.#choice();
    if (this.#at < this.#text.length) throw new SyntaxError('unexpected )');
    return expression;
  }

  #choice(): Expression {
    if (++this.#depth > deepest) throw new SyntaxError('expression nests too deeply');
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? options[0]! : { type: 'choice', options };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#peek !== undefined && this.#peek !== '|' && this.#peek !== ')') parts.push(this.#repeated());
    return { type: 'sequence', parts };
  }

  #repeated(): Expression {
    const part = this.#atom();
    const times = this.#repetition();
    if (!times) return part;
    this.#take('?'); // Lazy or not, the same texts match.
    if (this.#repetition()) throw new SyntaxError('bad repetition operator');
    return { type: 'repeat', part, least: times[0], most: times[1] };
  }

  #repetition(): [least: number, most: number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    const counted = /^\{(\d+)(,(\d*))?\}/.exec(this.#text.slice(this.#at, this.#at + 12).join(''));
    if (!counted) return undefined;
    this.#at += counted[0].length;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] ? Number(counted[3]) : Number.POSITIVE_INFINITY;
    if (least > mostRepetitions || (most > mostRepetitions && most !== Number.POSITIVE_INFINITY) || least > most) {
      throw new SyntaxError(`bad repetition operator: ${counted[0]}`);
    }
    return [least, most];
  }

  #atom(): Expression {
    const character = this.#next('missing argument');
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { type: 'character', test: this.#class() };
      case '.':
        return { type: 'character', test: point => point !== 10 };
      case '^':
        return { type: 'assertion', kind: 'begin' };
      case '$':
        return { type: 'assertion', kind: 'end' };
      case '*':
      case '+':
      case '?':
        throw new SyntaxError(`no argument for repetition operator: ${character}`);
      case '\\':
        return this.#escape();
      default:
        return this.#literal(character);
    }
  }

  #group(): Expression {
    if (this.#take('?')) {
      const head = /^(:|P?<[A-Za-z0-9_]+>)/.exec(this.#text.slice(this.#at, this.#at + 100).join(''));
      if (!head) throw new SyntaxError('invalid perl operator: (?');
      this.#at += head[0].length;
    }
    const expression = this.#choice();
    if (!this.#take(')')) throw new SyntaxError('missing )');
    return expression;
  }

  #escape(): Expression {
    const character = this.#next('trailing \\');
    if (character === 'b') return { type: 'assertion', kind: 'boundary' };
    if (character === 'B') return { type: 'assertion', kind: 'no-boundary' };
    if (character === 'A') return { type: 'assertion', kind: 'begin' };
    if (character === 'z') return { type: 'assertion', kind: 'end' };
    const test = perlClasses[character];
    return test ? { type: 'character', test } : this.#literal(this.#escaped(character));
  }

  #escaped(character: string): string {
    if (character === 'x') return this.#hexadecimal();
    if (/[A-Za-z0-9]/.test(character) && !escapes[character])
      throw new SyntaxError(`invalid escape sequence: \\${character}`);
    return escapes[character] ?? character;
  }

  #hexadecimal(): string {
    const found = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(
      this.#text.slice(this.#at, this.#at + 8).join(''),
    );
    const point = Number.parseInt(found?.[1] ?? found?.[2] ?? '', 16);
    if (!found || !(point <= 0x10ffff)) throw new SyntaxError('invalid escape sequence: \\x');
    this.#at += found[0].length;
    return String.fromCodePoint(point);
  }

  #class(): CharacterTest {
    const negated = this.#take('^');
    const tests: CharacterTest[] = [];
    while (tests.length === 0 || this.#peek !== ']') tests.push(this.#classPart());
    this.#at++;
    return point => tests.some(test => test(point)) !== negated;
  }

  #classPart(): CharacterTest {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.#text.slice(this.#at, this.#at + 20).join(''));
    if (posix) {
      const test = posixClasses.get(posix[2]!);
      if (!test) throw new SyntaxError(`invalid character class range: ${posix[0]}`);
      this.#at += posix[0].length;
      return posix[1] ? not(test) : test;
    }
    const from = this.#classCharacter();
    if (typeof from !== 'string') return from;
    if (this.#peek !== '-' || this.#text[this.#at + 1] === ']' || this.#text[this.#at + 1] === undefined) {
      return this.#characters(from, from);
    }
    this.#at++;
    const to = this.#classCharacter();
    if (typeof to !== 'string' || to.codePointAt(0)! < from.codePointAt(0)!) {
      throw new SyntaxError('invalid character class range');
    }
    return this.#characters(from, to);
  }

  #classCharacter(): string | CharacterTest {
    const character = this.#next('missing ]');
    if (character !== '\\') return character;
    const escaped = this.#next('missing ]');
    return perlClasses[escaped] ?? this.#escaped(escaped);
  }

  #literal(character: string): Expression {
    return { type: 'character', test: this.#characters(character, character) };
  }

  #characters(from: string, to: string): CharacterTest {
    const [low, high] = [from.codePointAt(0)!, to.codePointAt(0)!];
    const test: CharacterTest = point => point >= low && point <= high;
    return this.#ignoreCase ? point => test(point) || test(otherCase(point)) : test;
  }

  get #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    if (this.#peek !== character) return false;
    this.#at++;
    return true;
  }

  #next(problem: string): string {
    const character = this.#text[this.#at++];
    if (character === undefined) throw new SyntaxError(problem);
    return character;
  }
}

function otherCase(point: number): number {
  const character = String.fromCodePoint(point);
  const lower = character.toLowerCase();
  return (lower === character ? character.toUpperCase() : lower).codePointAt(0)!;
}
