import { isPorts, Resources } from '@meseta/resources';

/** The same ports, held several times. */
interface HeldPorts {
  readonly ports: Resources;
  count: number;
}

/**
 * A sum of resources that are added one after another, and taken out again as they were added. Ports may be in it several
 * times, when tasks share them or run on different agents: they stay in the sum until the last holder has returned them.
 */
export class Account {
  #rest = Resources.empty;
  /** Undefined until there are some: few frameworks on an agent have ports. */
  #ports: Map<string, HeldPorts> | undefined;
  #sum: Resources | undefined = Resources.empty;

  /** The sum; ports that are held several times are in it once. */
  get sum(): Resources {
    this.#sum ??= Resources.sum([this.#rest, ...(this.#ports?.values().map(({ ports }) => ports) ?? [])]);
    return this.#sum;
  }

  get isEmpty(): boolean {
    return this.#rest.isEmpty && (this.#ports?.size ?? 0) === 0;
  }

  /** Adds the resources of one holder. */
  add(resources: Resources): void {
    const ports = resources.filter(isPorts);
    this.#add(ports);
    this.#rest = this.#rest.add(ports.isEmpty ? resources : resources.filter(kind => !isPorts(kind)));
    this.#sum = undefined;
  }

  /** Adds the resources of several holders, as one by one, but faster. */
  addAll(holders: readonly Resources[]): void {
    const rest = [this.#rest];
    for (const resources of holders) {
      const ports = resources.filter(isPorts);
      this.#add(ports);
      rest.push(ports.isEmpty ? resources : resources.filter(kind => !isPorts(kind)));
    }
    this.#rest = Resources.sum(rest);
    this.#sum = undefined;
  }

  /** Takes out the resources of one holder, as they were added. Others are left out. */
  subtract(resources: Resources): void {
    const ports = resources.filter(isPorts);
    this.#subtract(ports);
    this.#rest = this.#rest.subtract(ports.isEmpty ? resources : resources.filter(kind => !isPorts(kind)));
    this.#sum = undefined;
  }

  #add(ports: Resources): void {
    if (ports.isEmpty) return;
    const key = keyOf(ports);
    this.#ports ??= new Map();
    const held = this.#ports.get(key);
    if (held) held.count++;
    else this.#ports.set(key, { ports, count: 1 });
  }

  #subtract(ports: Resources): void {
    if (ports.isEmpty) return;
    const key = keyOf(ports);
    const held = this.#ports?.get(key);
    if (held && --held.count === 0) this.#ports?.delete(key);
  }
}

/** The same for equal sums: kinds and ranges are in order. */
function keyOf(ports: Resources): string {
  const [first, ...others] = ports.entries;
  if (first === undefined) return '';
  const text = ({ kind, amount }: typeof first) => `${kind.key} ${kind.algebra.print(amount)}`;
  return others.length === 0 ? text(first) : ports.entries.map(text).sort().join('\n');
}
