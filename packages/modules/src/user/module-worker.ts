/** The entry of the thread that runs a user's module, see module-host.ts. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { type Description, monotonicMs, type Reply, type Request, type WorkerOptions } from './messages.ts';
import type { UserModules } from './user-module.ts';

type Instance = Readonly<Record<string, unknown>>;

const { name, file, kind, parameters } = workerData as WorkerOptions;
const port = parentPort!;
const controllers = new Map<number, AbortController>();
/** Of streams whose last item is not handled yet. */
const nexts = new Map<number, () => void>();
const reply = (message: Reply) => port.postMessage(message);
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function create(): Promise<Instance> {
  const exported = (await import(pathToFileURL(file).href)) as { default?: UserModules };
  const module = exported.default?.[name];
  if (module === undefined) throw new Error(`its default export has no module '${name}'`);
  if (module.kind !== kind) throw new Error(`it is of kind '${module.kind}', not '${kind}'`);
  return (await module.create(parameters)) as Instance;
}

/** Lists the methods of an instance, those of its class included. */
function describe(instance: Instance): Description {
  const names = new Set<string>();
  for (
    let each: object | null = instance;
    each !== null && each !== Object.prototype;
    each = Object.getPrototypeOf(each)
  ) {
    for (const name of Object.getOwnPropertyNames(each)) names.add(name);
  }
  return {
    methods: [...names].filter(name => name !== 'constructor' && typeof instance[name] === 'function'),
    supportsNesting: instance.supportsNesting === true,
    supportsStandalone: instance.supportsStandalone === true,
    schemes: Array.isArray(instance.schemes) ? instance.schemes.map(String) : [],
    scheme: typeof instance.scheme === 'string' ? instance.scheme : undefined,
  };
}

async function call(instance: Instance, { id, method, args, signal }: Request & { type: 'call' }): Promise<void> {
  const controller = new AbortController();
  controllers.set(id, controller);
  try {
    const run = instance[method] as (...all: unknown[]) => unknown;
    const value = await run.call(instance, ...args, ...(signal ? [controller.signal] : []));
    if (isIterable(value)) await stream(id, value, controller.signal);
    reply({ type: 'result', id, value: isIterable(value) ? undefined : value });
  } catch (error) {
    reply({ type: 'error', id, message: messageOf(error) });
  } finally {
    controllers.delete(id);
  }
}

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** Sends what a method yields, one item after the other, until it returns or the call is aborted. */
async function stream(id: number, items: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
  for await (const value of items) {
    if (signal.aborted) return; // lets a generator run its `finally`
    const handled = new Promise<void>(resolve => nexts.set(id, resolve));
    reply({ type: 'item', id, value, at: { ofThread: performance.now(), monotonic: monotonicMs() } });
    await handled;
    nexts.delete(id);
  }
}

try {
  const instance = await create();
  port.on('message', (request: Request) => {
    if (request.type === 'call') return void call(instance, request);
    if (request.type === 'abort') controllers.get(request.id)?.abort();
    nexts.get(request.id)?.();
  });
  reply({ type: 'ready', description: describe(instance) });
} catch (error) {
  reply({ type: 'unusable', message: messageOf(error) });
}
