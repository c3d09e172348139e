/**
 * The ids of built-in frameworks. They follow from the principal alone, so that the next leading master finds the framework of
 * a principal again, without anything that would have to be stored.
 */
import { createHash } from 'node:crypto';
import { checkId, type FrameworkId, type FrameworkInfo } from '@meseta/protocol';
import type { Framework } from '../state/framework.ts';

const prefix = 'meseta-run';

/** How much of a principal's name its id shows. */
const shownLength = 40;

/**
 * Returns the id of the built-in framework of a principal, `meseta-run-ops-5b1f9a02`.
 *
 * @param principal undefined: of all who are anonymous.
 * @param generation 1 for the first one. An id cannot be used again once its framework was torn down.
 */
export function frameworkIdOf(principal: string | undefined, generation: number): FrameworkId {
  return checkId(baseOf(principal) + (generation > 1 ? `.${generation}` : ''));
}

/** Returns the generation of a built-in framework; undefined: it is another framework. */
export function generationOf({ id, principal }: Pick<FrameworkInfo, 'id' | 'principal'>): number | undefined {
  const base = baseOf(principal);
  if (!id?.value.startsWith(base)) return undefined;
  const rest = id.value.slice(base.length);
  if (rest === '') return 1;
  return /^\.[1-9]\d{0,8}$/.test(rest) && rest !== '.1' ? Number(rest.slice(1)) : undefined;
}

/**
 * Returns whether the master itself is the scheduler of a framework: it runs tasks of operators. One that another scheduler has taken
 * over is none.
 */
export function isBuiltIn({ connection, info }: Pick<Framework, 'connection' | 'info'>): boolean {
  return connection ? connection.kind === 'built-in' : generationOf(info) !== undefined;
}

function baseOf(principal: string | undefined): string {
  if (principal === undefined) return prefix;
  const shown = principal.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, shownLength);
  const hash = createHash('sha256').update(principal).digest('hex').slice(0, 16);
  return `${prefix}-${shown}-${hash}`;
}

/**
 * Returns the info of the built-in framework of a principal.
 *
 * @param user of its first task.
 * @param wantsGpus a task wants GPUs, so that agents with them are to be offered.
 */
export function frameworkInfoOf(
  id: FrameworkId,
  {
    principal,
    user,
    roles,
    wantsGpus,
  }: {
    readonly principal: string | undefined;
    readonly user: string;
    readonly roles: readonly string[];
    readonly wantsGpus: boolean;
  },
): FrameworkInfo {
  return {
    id: { value: id },
    user,
    name: principal === undefined ? 'meseta run' : `meseta run of ${principal}`,
    ...(principal !== undefined && { principal }),
    roles: [...roles],
    checkpoint: true,
    // It is connected as long as a master leads that knows it. A master that does not know it keeps its tasks for a week.
    failover_timeout: 7 * 24 * 3600,
    capabilities: [
      { type: 'MULTI_ROLE' },
      { type: 'TASK_KILLING_STATE' },
      { type: 'PARTITION_AWARE' },
      { type: 'RESERVATION_REFINEMENT' },
      ...(wantsGpus ? [{ type: 'GPU_RESOURCES' as const }] : []),
    ],
  };
}
