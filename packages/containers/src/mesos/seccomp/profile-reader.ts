/** A seccomp profile cannot be used. The message says what is wrong, where, and what is allowed. */
export class SeccompProfileError extends Error {
  override readonly name = 'SeccompProfileError';
  readonly code = 'SECCOMP_PROFILE';
}

/** A value in a profile, with the place where it is. All methods throw {@link SeccompProfileError}. */
export class ProfileReader {
  readonly #value: unknown;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    this.#value = value;
    this.#where = where;
  }

  error(problem: string): SeccompProfileError {
    return new SeccompProfileError(`${this.#where} ${problem}`);
  }

  /** The same value, whose errors say the name, too. */
  named(name: string): ProfileReader {
    return new ProfileReader(this.#value, `${this.#where} (${name})`);
  }

  /** Returns a field that must be there. */
  field(name: string): ProfileReader {
    const found = this.optional(name, each => each);
    if (found === undefined) throw this.error(`has no '${name}'`);
    return found;
  }

  /** Reads a field; undefined when it is missing or null. */
  optional<T>(name: string, read: (field: ProfileReader) => T): T | undefined {
    if (typeof this.#value !== 'object' || this.#value === null || Array.isArray(this.#value)) {
      throw this.error('must be an object');
    }
    const value = (this.#value as Record<string, unknown>)[name];
    if (value === undefined || value === null) return undefined;
    return read(new ProfileReader(value, `'${name}' of ${this.#where}`));
  }

  /** Returns what is in a list; nothing when it is missing or null. */
  list(name: string): ProfileReader[] {
    return (
      this.optional(name, field => {
        const value = field.#value;
        if (!Array.isArray(value)) throw field.error('must be a list');
        return value.map((each, index) => new ProfileReader(each, `${name}[${index}] of ${this.#where}`));
      }) ?? []
    );
  }

  text(): string {
    if (typeof this.#value !== 'string') throw this.error('must be a string');
    return this.#value;
  }

  /** Returns one of some words, without the prefix that all of them have. */
  word<Word extends string>(words: readonly Word[], prefix = ''): Word {
    const text = this.text();
    const found = words.find(each => `${prefix}${each}` === text);
    if (found === undefined) {
      throw this.error(`is '${text}': it must be one of ${words.map(each => prefix + each).join(', ')}`);
    }
    return found;
  }

  integer(least: number, most: number): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw this.error(`must be an integer from ${least} to ${most}`);
    }
    return value;
  }

  /** Returns an integer of 64 bits without a sign. */
  bits64(): bigint {
    const value = this.#value;
    const number =
      typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)) ? BigInt(value) : -1n;
    if (number < 0n || number > 0xffff_ffff_ffff_ffffn) {
      throw this.error('must be an integer from 0 to 18446744073709551615');
    }
    return number;
  }
}
