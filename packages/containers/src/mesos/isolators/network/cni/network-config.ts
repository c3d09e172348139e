import { isObject, type JsonObject } from './json.ts';

/** The name under which Mesos tells plugins about a container, in `args`. */
export const mesosArguments = 'org.apache.mesos';

/** A network that containers can join: the content of one file. */
export interface NetworkConfig {
  readonly name: string;
  readonly file: string;
  /** A single plugin's configuration, or a list with `plugins`. */
  readonly document: JsonObject;
}

/** What a file holds: a network, or what is wrong with it, each problem with its field. */
export type ReadNetwork = { readonly network: NetworkConfig } | { readonly problems: readonly string[] };

/** The specification's; it also keeps a name from leading to another directory. */
const validName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
/** Names of files beside the directories of networks, see records.ts. */
const takenNames: readonly string[] = ['ns', 'hosts', 'hostname', 'resolv.conf'];
/** From this version on, plugins check networks, and a DEL has the result of the ADD. */
const versionWithCheck = [0, 4] as const;

/**
 * Reads the text of a network configuration: a `.conf` of one plugin, or a `.conflist` of several.
 *
 * @param hasPlugin tells whether there is a plugin of a name.
 */
export function readNetworkConfig(file: string, text: string, hasPlugin: (type: string) => boolean): ReadNetwork {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return { problems: [`${file}: is not JSON: ${(error as Error).message}`] };
  }
  if (!isObject(document)) return { problems: [`${file}: must be a JSON object`] };
  const problems = problemsOf(document, hasPlugin).map(problem => `${file}: ${problem}`);
  return problems.length > 0 ? { problems } : { network: { name: String(document.name), file, document } };
}

function problemsOf(document: JsonObject, hasPlugin: (type: string) => boolean): string[] {
  const { name, cniVersion, plugins } = document;
  const own = [nameProblem(name), cniVersion === undefined ? undefined : versionProblem(cniVersion)];
  const found = own.filter(problem => problem !== undefined);
  if (plugins === undefined) return [...found, ...pluginProblems(document, '', hasPlugin)];
  if (!Array.isArray(plugins) || plugins.length === 0) return [...found, "'plugins' must be a list of plugins"];
  const ofPlugins = plugins.flatMap((plugin, index) => {
    const at = `plugins[${index}]`;
    return isObject(plugin) ? pluginProblems(plugin, `${at}.`, hasPlugin) : [`'${at}' must be an object`];
  });
  return [...found, ...ofPlugins];
}

function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return "'name' must be the name of the network";
  if (!validName.test(name)) return `'name' is '${name}': it may have letters, digits, '.', '_' and '-' only`;
  return takenNames.includes(name)
    ? `'name' is '${name}', which a network cannot be called: choose another`
    : undefined;
}

function versionProblem(version: unknown): string | undefined {
  const isVersion = typeof version === 'string' && /^\d+\.\d+\.\d+$/.test(version);
  return isVersion ? undefined : '\'cniVersion\' must be a version of the CNI specification, such as "1.0.0"';
}

function pluginProblems(plugin: JsonObject, at: string, hasPlugin: (type: string) => boolean): string[] {
  const { type, ipam, args, capabilities } = plugin;
  const problems = [typeProblem(type, `${at}type`, hasPlugin)];
  for (const [field, value] of Object.entries({ ipam, args, capabilities })) {
    if (value !== undefined && !isObject(value)) problems.push(`'${at}${field}' must be an object`);
  }
  if (isObject(ipam) && ipam.type !== undefined) problems.push(typeProblem(ipam.type, `${at}ipam.type`, hasPlugin));
  if (isObject(args) && mesosArguments in args) {
    problems.push(`'${at}args' must not have '${mesosArguments}': the agent sets it for each container`);
  }
  for (const [name, value] of Object.entries(isObject(capabilities) ? capabilities : {})) {
    if (typeof value !== 'boolean') problems.push(`'${at}capabilities.${name}' must be true or false`);
  }
  return problems.filter(problem => problem !== undefined);
}

function typeProblem(type: unknown, field: string, hasPlugin: (type: string) => boolean): string | undefined {
  if (typeof type !== 'string' || type === '') return `'${field}' must be the name of a plugin`;
  if (type.includes('/')) return `'${field}' is '${type}': it must be a name, not a path`;
  if (hasPlugin(type)) return undefined;
  return `'${field}' is '${type}', and there is no such program in the directories of --network_cni_plugins_dir`;
}

/** Returns what each plugin of a network gets on its standard input, without the result of the one before. */
export function pluginConfigs(document: JsonObject): readonly JsonObject[] {
  const { name, cniVersion, plugins } = document;
  if (!Array.isArray(plugins)) return [document];
  return plugins.filter(isObject).map(plugin => ({ ...plugin, name, ...(cniVersion !== undefined && { cniVersion }) }));
}

/** Returns the network's document with each of its plugins changed. */
export function mapPlugins(document: JsonObject, change: (plugin: JsonObject) => JsonObject): JsonObject {
  const { plugins } = document;
  if (!Array.isArray(plugins)) return change(document);
  return { ...document, plugins: plugins.filter(isObject).map(change) };
}

/** Tells whether the network's version of the specification has CHECK, and `prevResult` for DEL. */
export function hasCheck({ cniVersion }: JsonObject): boolean {
  if (typeof cniVersion !== 'string') return false;
  const [major = 0, minor = 0] = cniVersion.split('.').map(Number);
  return major > versionWithCheck[0] || minor >= versionWithCheck[1];
}
