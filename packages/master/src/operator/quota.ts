/** Quotas of roles: guarantees and limits, set by an operator, kept in the registry. */
import { type Filters, shown } from '@meseta/daemon';
import { HttpError } from '@meseta/process';
import type { QuotaConfig, QuotaRequest, QuotaStatus, Resource, ValueScalar } from '@meseta/protocol';
import {
  addQuantities,
  containsQuantities,
  fromThousandths,
  noQuantities,
  type Quantities,
  quantitiesOf,
  resourcesProblem,
  roleProblem,
  topLevelRole,
} from '@meseta/resources';
import { inSlices } from '@meseta/system';
import type { MasterContext } from '../context.ts';
import { publishQuota } from '../metrics/role-metrics.ts';
import { updateConcerns } from '../registrar/concerns.ts';
import { roleUses } from '../role-use.ts';
import { isKnownRole } from './roles.ts';

/** Returns what GET_QUOTA and `/quota` show. */
export function quotaStatus({ registrar }: MasterContext, see: Filters<'GET_QUOTA'>): QuotaStatus {
  const configs = [...shown(registrar.registry.concerns.quota_configs, see.GET_QUOTA, ({ role }) => ({ value: role }))];
  if (configs.length === 0) return {};
  const infos = configs.map(({ role, guarantees = {} }) => ({
    role,
    guarantee: Object.entries(guarantees).map(([name, scalar]): Resource => ({ name, type: 'SCALAR', scalar })),
  }));
  return { infos, configs };
}

/**
 * UPDATE_QUOTA: replaces the quotas of some roles, all of them or none. A config without guarantees and limits takes
 * the role's quota away.
 *
 * @param force skips the checks that the cluster has what is guaranteed, and that no role has more than its limits already.
 * @throws {HttpError} 400 in Mesos's words.
 * @see Mesos src/master/quota_handler.cpp, Master::QuotaHandler::update
 */
export async function updateQuota(
  context: MasterContext,
  configs: readonly QuotaConfig[],
  force: boolean,
): Promise<void> {
  for (const config of configs) {
    const problem = configProblem(context, config);
    if (problem !== undefined) throw new HttpError('CALL_INVALID', problem);
  }
  const seen = new Set<string>();
  const twice = configs.find(({ role }) => seen.size === seen.add(role).size);
  if (twice)
    throw new HttpError('CALL_INVALID', `Invalid QuotaConfig: role '${twice.role}' is configured more than once`);
  const overcommit = overcommitProblem(context, configs);
  if (overcommit !== undefined && !force) {
    throw new HttpError(
      'QUOTA_EXCEEDED',
      `Invalid QuotaConfig: total quota ${overcommit} (use 'force' flag to bypass this check)`,
    );
  }
  const exceeded = force ? undefined : exceededProblem(context, configs);
  if (exceeded !== undefined) {
    throw new HttpError('QUOTA_EXCEEDED', `Invalid QuotaConfig: ${exceeded} (use 'force' flag to bypass this check)`);
  }
  await applyQuotas(context, configs);
}

/**
 * SET_QUOTA, as before there were limits: guarantees that are limits too, for a role without quota.
 *
 * @throws {HttpError} 400, or 409 when the cluster does not have so much.
 */
export async function setQuota(context: MasterContext, request: QuotaRequest): Promise<void> {
  const { role = '', guarantee = [], force = false } = request;
  const problem = requestProblem(context, role, guarantee);
  if (problem !== undefined) throw new HttpError('CALL_INVALID', problem);
  const scalars = Object.fromEntries(guarantee.map(({ name, scalar }) => [name, scalar ?? { value: 0 }]));
  const config = { role, guarantees: scalars, limits: scalars };
  const overcommit = overcommitProblem(context, [config]);
  if (overcommit !== undefined && !force) {
    const words = `Quota guarantees overcommit the cluster (use 'force' to bypass this check): Total quota ${overcommit}`;
    throw new HttpError('QUOTA_OVERCOMMITTED', words);
  }
  await applyQuotas(context, [config]);
}

/**
 * Performs REMOVE_QUOTA.
 *
 * @param words what stands before the reason when the role has no quota.
 * @throws {HttpError} 400 when it has none.
 */
export async function removeQuota(
  context: MasterContext,
  role: string,
  words = 'Failed to remove quota',
): Promise<void> {
  if (!quotaOf(context, role)) throw new HttpError('QUOTA_NOT_SET', `${words}: Role '${role}' has no quota set`);
  await applyQuotas(context, [{ role }]);
}

async function applyQuotas(context: MasterContext, configs: readonly QuotaConfig[]): Promise<void> {
  const before = new Map(context.registrar.registry.concerns.quota_configs.map(config => [config.role, config]));
  await context.registrar.apply(
    updateConcerns('Update quota', concerns => {
      const all = new Map(concerns.quota_configs.map(config => [config.role, config]));
      for (const config of configs) {
        if (isDefault(config)) all.delete(config.role);
        else all.set(config.role, config);
      }
      return { quota_configs: [...all.values()] };
    }),
  );
  for (const config of configs) {
    context.log.info('Updated quota', { ...config });
    context.allocation.updateQuota(config);
    publishQuota(context, config, before.get(config.role));
  }
  // Last, because this takes several turns of the event loop: what is stored is in force already.
  for (const config of configs) await inSlices(rescindingForQuota(context, config));
}

function isDefault({ guarantees = {}, limits = {} }: QuotaConfig): boolean {
  return Object.keys(guarantees).length === 0 && Object.keys(limits).length === 0;
}

function quotaOf({ registrar }: MasterContext, role: string): QuotaConfig | undefined {
  return registrar.registry.concerns.quota_configs.find(config => config.role === role);
}

/**
 * Rescinds offers for a quota: those of the role itself, since they may exceed its limits, and those of as many agents
 * as the guarantees need, of at least one agent for each framework of the role. An offer is a step.
 *
 * @see Mesos src/master/quota_handler.cpp, Master::QuotaHandler::rescindOffers
 */
function* rescindingForQuota(context: MasterContext, { role, guarantees, limits }: QuotaConfig): Generator<void> {
  const { cluster, offers } = context;
  if (limits !== undefined) {
    for (const offer of [...cluster.offers.values()]) {
      if (topLevelRole(offer.role) === role) offers.rescind(offer);
      yield;
    }
  }
  const wanted = quantitiesOf(guarantees);
  if (wanted.size === 0) return;
  const frameworks = [...cluster.frameworks.values()].filter(
    framework => framework.active && framework.roles.some(each => topLevelRole(each) === role),
  );
  let rescinded = noQuantities;
  let agents = 0;
  for (const agent of cluster.agents.values()) {
    if (agents >= frameworks.length && containsQuantities(rescinded, wanted)) return;
    if (!agent.active || agent.offers.size === 0) continue;
    agents++;
    for (const offer of [...agent.offers.values()]) {
      rescinded = addQuantities(rescinded, offer.resources.quantities());
      offers.rescind(offer);
      yield;
    }
  }
}

/** Returns why the cluster cannot give all that would be guaranteed; undefined when it can. */
function overcommitProblem(context: MasterContext, changes: readonly QuotaConfig[]): string | undefined {
  const { cluster, registrar } = context;
  const configs = new Map(
    [...registrar.registry.concerns.quota_configs, ...changes].map(config => [config.role, config]),
  );
  let guaranteed = noQuantities;
  for (const { guarantees } of configs.values()) guaranteed = addQuantities(guaranteed, quantitiesOf(guarantees));
  let capacity = noQuantities;
  for (const agent of cluster.agents.values())
    capacity = addQuantities(capacity, agent.total.nonRevocable().quantities());
  if (containsQuantities(capacity, guaranteed)) return undefined;
  return `guarantees '${print(guaranteed)}' exceed cluster capacity '${print(capacity)}'`;
}

/** Returns which role has more than its new limits already, and of what; undefined when none has. */
function exceededProblem(context: MasterContext, configs: readonly QuotaConfig[]): string | undefined {
  const uses = new Map(roleUses(context).map(use => [use.name, use]));
  for (const { role, limits } of configs) {
    const allowed = quantitiesOf(limits);
    const exceeding = new Map(
      [...(uses.get(role)?.consumed ?? [])].filter(([name, amount]) => amount > (allowed.get(name) ?? amount)),
    );
    if (exceeding.size === 0) continue;
    const limit = [...exceeding.keys()].sort().map(name => `${name}:${fromThousandths(allowed.get(name) ?? 0)}`);
    return `role '${role}' already consumes '${print(exceeding)}', which exceeds the limits '${limit.join('; ')}'`;
  }
  return undefined;
}

function print(quantities: Quantities): string {
  const texts = [...quantities].filter(([, amount]) => amount > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return texts.length === 0 ? '{}' : texts.map(([name, amount]) => `${name}:${fromThousandths(amount)}`).join('; ');
}

type Scalars = Record<string, ValueScalar>;

/** @see Mesos src/master/quota.cpp, quota::validate(QuotaConfig) */
function configProblem(
  context: MasterContext,
  { role, guarantees = {}, limits = {} }: QuotaConfig,
): string | undefined {
  if (!isKnownRole(context, role)) return `Invalid QuotaConfig: '${role}' is not on the roles whitelist`;
  if (role.includes('/')) return `Updating quota on nested role '${role}' is not supported yet`;
  const problem =
    invalidRole(role) ??
    tooLarge('guarantees', guarantees) ??
    tooLarge('limits', limits) ??
    invalidScalar('guarantee', guarantees) ??
    invalidScalar('limit', limits) ??
    notContained(guarantees, limits);
  return problem === undefined ? undefined : `Invalid QuotaConfig: ${problem}`;
}

function invalidRole(role: string): string | undefined {
  const problem = role === '*' ? "setting quota for the default '*' role is not supported" : roleProblem(role);
  return problem === undefined ? undefined : `Invalid 'QuotaConfig.role': ${problem}`;
}

const exabyteInMegabytes = 1024 ** 4;
const trillion = 1e12;

function tooLarge(field: string, scalars: Scalars): string | undefined {
  for (const [name, { value }] of Object.entries(scalars)) {
    const isBytes = name === 'mem' || name === 'disk';
    const limit = isBytes ? exabyteInMegabytes : trillion;
    if (!(value > limit)) continue;
    const words = isBytes ? `1 exabyte (${limit})` : `1 trillion (${limit})`;
    return `Invalid 'QuotaConfig.${field}': {'${name}': ${value}} is invalid: values greater than ${words} are not supported`;
  }
  return undefined;
}

function invalidScalar(what: string, scalars: Scalars): string | undefined {
  for (const [name, { value }] of Object.entries(scalars)) {
    const problem = Number.isNaN(value) ? 'NaN' : value < 0 ? 'Negative values' : undefined;
    if (problem !== undefined) {
      return `Invalid ${what} configuration {'${name}': ${value}}: ${problem} not supported`;
    }
  }
  return undefined;
}

function notContained(guarantees: Scalars, limits: Scalars): string | undefined {
  const limit = quantitiesOf(limits);
  const exceeded = [...quantitiesOf(guarantees)].some(([name, amount]) => amount > (limit.get(name) ?? amount));
  if (!exceeded) return undefined;
  const text = (scalars: Scalars) => {
    const pairs = Object.entries(scalars).map(([name, { value }]) => `${name}: ${value}`);
    return `{ ${pairs.join(', ')} }`;
  };
  return `'QuotaConfig.guarantees' ${text(guarantees)} is not contained within the 'QuotaConfig.limits' ${text(limits)}`;
}

/** @see Mesos src/master/quota.cpp, quota::validation::quotaInfo */
function requestProblem(context: MasterContext, role: string, guarantee: readonly Resource[]): string | undefined {
  const failed = 'Failed to validate set quota request:';
  const resources = resourcesProblem(guarantee);
  if (resources !== undefined) return `${failed} QuotaInfo with invalid resource: ${resources}`;
  const problem = infoProblem(role, guarantee);
  if (problem !== undefined) return `${failed} ${problem}`;
  if (!isKnownRole(context, role)) return `${failed} Unknown role '${role}'`;
  if (quotaOf(context, role)) return `${failed} Cannot set quota for role '${role}' which already has quota`;
  if (role.includes('/')) return `Setting quota on nested role '${role}' is not supported yet`;
  const scalars = Object.fromEntries(guarantee.map(({ name, scalar }) => [name, scalar ?? { value: 0 }]));
  const large = tooLarge('guarantees', scalars);
  return large && `${failed} ${large}`;
}

function infoProblem(role: string, guarantee: readonly Resource[]): string | undefined {
  if (role === '') return 'QuotaInfo must specify a role';
  const problem = role === '*' ? "setting quota for the default '*' role is not supported" : roleProblem(role);
  if (problem !== undefined) return `QuotaInfo with invalid role: ${problem}`;
  if (guarantee.length === 0) return "QuotaInfo with empty 'guarantee'";
  const names = new Set<string>();
  for (const { name, type, reservation, reservations, disk, revocable } of guarantee) {
    if (reservation || reservations?.length) return 'QuotaInfo must not contain any ReservationInfo';
    if (disk) return 'QuotaInfo must not contain DiskInfo';
    if (revocable) return 'QuotaInfo must not contain RevocableInfo';
    if (type !== 'SCALAR') return 'QuotaInfo must not include non-scalar resources';
    if (names.has(name)) return `QuotaInfo contains duplicate resource name '${name}'`;
    names.add(name);
  }
  return undefined;
}
