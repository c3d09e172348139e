/** The modules for oversubscription that Mesos brings as libraries. Whatever path `--modules` names, they are built in. */
import { basename } from 'node:path';
import type { ModulesLibrary, Parameter } from '@meseta/protocol';
import { own } from '@meseta/protocol/own';
import type { Logger } from '@meseta/telemetry';
import { ModuleError } from '../errors.ts';
import { FixedResourceEstimator } from './fixed-resource-estimator.ts';
import { LoadQoSController } from './load-qos-controller.ts';
import type { QoSController, ResourceEstimator } from './oversubscription.ts';

/** A module that is built in. */
export type BundledModule =
  | { readonly kind: 'resource_estimator'; readonly module: ResourceEstimator }
  | { readonly kind: 'qos_controller'; readonly module: QoSController };

interface Parameters {
  /** The value of a parameter; undefined where it is not given. */
  readonly get: (key: string) => string | undefined;
  readonly invalid: (key: string, problem: string) => ModuleError;
}

interface BundledKind {
  /** The names of the library, without `lib` and `.so`. */
  readonly library: string;
  readonly keys: readonly string[];
  create(parameters: Parameters, log: Logger): BundledModule;
}

const bundled: Readonly<Record<string, BundledKind>> = {
  org_apache_mesos_FixedResourceEstimator: {
    library: 'fixed_resource_estimator',
    keys: ['resources'],
    create({ get, invalid }) {
      const text = get('resources');
      if (text === undefined)
        throw invalid('resources', "it is required: resources to offer, such as 'cpus:4;mem:512'");
      try {
        return { kind: 'resource_estimator', module: new FixedResourceEstimator(text) };
      } catch (error) {
        throw invalid('resources', (error as Error).message);
      }
    },
  },
  org_apache_mesos_LoadQoSController: {
    library: 'load_qos_controller',
    keys: ['load_threshold_5min', 'load_threshold_15min'],
    create({ get, invalid }, log) {
      const threshold = (key: string) => {
        const text = get(key);
        if (text === undefined) return undefined;
        if (text.trim() === '' || !Number.isFinite(Number(text)))
          throw invalid(key, `expecting a number, got '${text}'`);
        return Number(text);
      };
      const thresholds = {
        fiveMinutes: threshold('load_threshold_5min'),
        fifteenMinutes: threshold('load_threshold_15min'),
      };
      return { kind: 'qos_controller', module: new LoadQoSController(thresholds, log) };
    },
  },
};

/** Tells whether a library is one of Mesos's whose modules are built in. */
export function isBundledLibrary({ file, name }: ModulesLibrary): boolean {
  const [, fromFile] = /^lib(.+?)(-[\d.]+)?\.so$/.exec(basename(file ?? '')) ?? [];
  return Object.values(bundled).some(({ library }) => library === name || library === fromFile);
}

/**
 * Creates a module of such a library.
 *
 * @param warn is told of parameters that the module does not have.
 * @throws {ModuleError}
 */
export function bundledModule(
  name: string,
  given: readonly Parameter[],
  { log, warn }: { readonly log: Logger; readonly warn: (message: string) => void },
): BundledModule {
  const found = own(bundled, name);
  if (found === undefined) {
    const known = Object.keys(bundled).join(' and ');
    throw new ModuleError('MODULE_UNKNOWN', `There is no module '${name}' in the library; those of Mesos are ${known}`);
  }
  for (const { key } of given) {
    if (!found.keys.includes(key)) warn(`Module '${name}': the parameter '${key}' is unknown, so it has no effect`);
  }
  const parameters: Parameters = {
    get: key => given.findLast(each => each.key === key)?.value,
    invalid: (key, problem) => new ModuleError('MODULE_PARAMETER', `Module '${name}', parameter '${key}': ${problem}`),
  };
  return found.create(parameters, log);
}
