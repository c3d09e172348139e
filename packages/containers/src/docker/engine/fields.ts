/** An answer of the engine does not have the form that it should. */
export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}

/**
 * Reads fields of a JSON object that came from the engine. The engine leaves out, or sets to null, what is empty, so a
 * field that is not there reads as an empty one; a field of another type throws {@link MalformedAnswer}.
 */
export class Fields {
  /** The object as it came. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /** @param path what the object is called in errors. */
  constructor(value: unknown, path = 'the answer') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new MalformedAnswer(`${path} is no JSON object`);
    }
    this.json = value as Record<string, unknown>;
    this.#path = path;
  }

  /** Returns a text that has to be there. */
  required(name: string): string {
    const text = this.text(name);
    if (text === '') throw new MalformedAnswer(`${this.#path} has no ${name}`);
    return text;
  }

  text(name: string): string {
    return this.#typed(name, 'string', '');
  }

  number(name: string): number {
    return this.#typed(name, 'number', 0);
  }

  flag(name: string): boolean {
    return this.#typed(name, 'boolean', false);
  }

  texts(name: string): readonly string[] {
    return this.#array(name).map(each => {
      if (typeof each !== 'string') throw new MalformedAnswer(`${this.#path}.${name} is not a list of texts`);
      return each;
    });
  }

  numbers(name: string): readonly number[] {
    return this.#array(name).map(each => {
      if (typeof each !== 'number') throw new MalformedAnswer(`${this.#path}.${name} is not a list of numbers`);
      return each;
    });
  }

  /** Returns an object, which is empty when it is not there. */
  object(name: string): Fields {
    return new Fields(this.json[name] ?? {}, `${this.#path}.${name}`);
  }

  /** Returns a list of objects. */
  objects(name: string): readonly Fields[] {
    return this.#array(name).map((each, index) => new Fields(each, `${this.#path}.${name}[${index}]`));
  }

  /** Returns an object whose values are texts, such as labels. */
  textMap(name: string): Readonly<Record<string, string>> {
    const { json } = this.object(name);
    for (const [key, value] of Object.entries(json)) {
      if (typeof value !== 'string') throw new MalformedAnswer(`${this.#path}.${name}['${key}'] is no text`);
    }
    return json as Record<string, string>;
  }

  /** Returns the entries of an object whose values are objects. */
  entries(name: string): readonly (readonly [string, Fields])[] {
    const { json } = this.object(name);
    return Object.entries(json).map(([key, value]) => [
      key,
      new Fields(value ?? {}, `${this.#path}.${name}['${key}']`),
    ]);
  }

  #array(name: string): readonly unknown[] {
    const value = this.json[name] ?? [];
    if (!Array.isArray(value)) throw new MalformedAnswer(`${this.#path}.${name} is no list`);
    return value;
  }

  #typed<T extends string | number | boolean>(name: string, type: string, empty: T): T {
    const value = this.json[name] ?? empty;
    if (typeof value !== type) throw new MalformedAnswer(`${this.#path}.${name} is no ${type}`);
    return value as T;
  }
}
