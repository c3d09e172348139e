import { CniError } from './errors.ts';
import { isObject, type JsonObject } from './json.ts';
import { hasCheck, pluginConfigs } from './network-config.ts';
import { type PluginEnd, type PluginRun, runPlugin } from './plugin-process.ts';
import { type CniResult, cut, parseResult } from './result.ts';

/** A container's interface in a network, made or to be made. */
export interface Attachment {
  readonly containerId: string;
  readonly network: string;
  readonly ifName: string;
  /** The network's configuration with what the agent added for this container. */
  readonly document: JsonObject;
  /** The file with the configuration, for errors. */
  readonly file: string;
  /** What ADD told; undefined while it has not been completed. */
  readonly result?: CniResult | undefined;
}

/** What runs of plugins need. */
export interface PluginSettings {
  /** Returns the path of a plugin. */
  readonly find: (type: string) => string | undefined;
  readonly directories: readonly string[];
  /** After this many milliseconds, a plugin is killed. */
  readonly timeoutMs: number;
}

type Command = PluginRun['command'];

const verbs: Readonly<Record<Command, string>> = {
  ADD: 'attach',
  DEL: 'detach',
  CHECK: 'check the attachment of',
};

/** What to do about error codes of the specification. */
const remedies: Readonly<Record<number, string>> = {
  1: "Set a 'cniVersion' that the plugin knows",
  11: 'Start the task again later',
};

/**
 * Attaches a container to a network: the plugins run one after the other, each with the result of the one before.
 *
 * @throws {CniError} naming plugin, network and container. The caller has to detach.
 */
export async function attach(
  attachment: Attachment,
  namespace: string,
  settings: PluginSettings,
  signal: AbortSignal,
): Promise<CniResult> {
  let result: CniResult | undefined;
  for (const config of pluginConfigs(attachment.document)) {
    const chained = result ? { ...config, prevResult: result.document } : config;
    const text = await run('ADD', attachment, namespace, chained, settings, signal);
    const parsed = parseResult(text);
    if (typeof parsed === 'string') throw failure('ADD', attachment, config, parsed);
    result = parsed;
  }
  if (result === undefined) throw new CniError('CNI_CONFIG', `Network '${attachment.network}' has no plugins`);
  return result;
}

/**
 * Detaches a container from a network, also when it was attached in part only.
 *
 * @param namespace undefined when it is gone.
 * @throws {CniError} naming plugin, network and container.
 */
export async function detach(
  attachment: Attachment,
  namespace: string | undefined,
  settings: PluginSettings,
  signal: AbortSignal,
): Promise<void> {
  const { document } = attachment;
  for (const config of pluginConfigs(document).toReversed()) {
    await run('DEL', attachment, namespace, withResult(config, attachment), settings, signal);
  }
}

/**
 * Lets the plugins check an attachment, where their version of the specification has that.
 *
 * @throws {CniError} naming plugin, network and container.
 */
export async function check(
  attachment: Attachment,
  namespace: string,
  settings: PluginSettings,
  signal: AbortSignal,
): Promise<void> {
  const { document } = attachment;
  if (!hasCheck(document) || document.disableCheck === true || attachment.result === undefined) return;
  for (const config of pluginConfigs(document)) {
    await run('CHECK', attachment, namespace, withResult(config, attachment), settings, signal);
  }
}

function withResult(config: JsonObject, { document, result }: Attachment): JsonObject {
  return result && hasCheck(document) ? { ...config, prevResult: result.document } : config;
}

async function run(
  command: Command,
  attachment: Attachment,
  namespace: string | undefined,
  config: JsonObject,
  { find, directories, timeoutMs }: PluginSettings,
  signal: AbortSignal,
): Promise<string> {
  const type = String(config.type);
  const program = find(type);
  if (program === undefined) {
    throw failure(command, attachment, config, `there is no such program in ${directories.join(', ')}`, 'Install it');
  }
  const { containerId, ifName } = attachment;
  const late = AbortSignal.timeout(timeoutMs);
  const end = await runPlugin(
    { program, command, containerId, namespace, ifName, directories, config },
    AbortSignal.any([signal, late]),
  );
  if (signal.aborted)
    throw failure(command, attachment, config, 'it was stopped, because the container is destroyed', '');
  if (late.aborted) {
    const problem = `it did not end within ${timeoutMs / 1000} seconds and was killed${said(end.stderr)}`;
    throw failure(command, attachment, config, problem, `Find out what ${program} waits for`);
  }
  if (end.code === 0) return end.stdout;
  const { problem, remedy } = explain(end);
  throw failure(command, attachment, config, problem, remedy);
}

/** Says how a plugin failed: with an error of the specification on its standard output, or in another way. */
function explain({ code, signal, stdout, stderr }: PluginEnd): { problem: string; remedy?: string | undefined } {
  let error: unknown;
  try {
    error = JSON.parse(stdout);
  } catch {
    // It is no error of the specification.
  }
  if (isObject(error) && typeof error.msg === 'string') {
    const { msg, details, code: number } = error;
    const more = typeof details === 'string' && details !== '' ? `: ${details}` : '';
    const problem = `${cut(`${msg}${more}`)} (error ${number})${said(stderr)}`;
    return { problem, remedy: remedies[Number(number)] };
  }
  const how = code === undefined ? `it was killed by ${signal}` : `it exited with status ${code}`;
  const answer = stdout.trim() === '' ? '' : ` and answered '${cut(stdout.trim())}'`;
  return { problem: `${how}${answer}${said(stderr)}` };
}

function said(stderr: string): string {
  const text = stderr.trim().replace(/\s*\n\s*/g, '; ');
  return text === '' ? '' : `; it wrote '${cut(text)}'`;
}

function failure(
  command: Command,
  { containerId, network, ifName, file }: Attachment,
  { type }: JsonObject,
  problem: string,
  remedy = `Check the network's configuration, ${file}, and what the plugin needs of the machine`,
): CniError {
  const what = `CNI plugin '${type}' could not ${verbs[command]} container ${containerId} (${command}, network '${network}', ${ifName})`;
  return new CniError('CNI_PLUGIN', `${what}: ${problem}${remedy === '' ? '' : `. ${remedy}`}`);
}
