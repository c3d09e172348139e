/** Asks which operations of an ACCEPT, and which tasks of a launch, are allowed. */
import type { MasterContext } from '../../context.ts';
import { principalOf } from '../../frameworks/authorize.ts';
import type { Framework } from '../../state/framework.ts';
import { acceptOperations } from './operations.ts';
import type { Step } from './run.ts';

/**
 * Returns the same array when everything is allowed, and a promise only when authorization has to be awaited. A
 * question that cannot be answered counts as a no.
 *
 * @see Mesos src/master/master.cpp, Master::accept, where it collects authorizations
 */
export function authorizeOperations(
  context: MasterContext,
  framework: Framework,
  steps: readonly Step[],
): readonly Step[] | Promise<readonly Step[]> {
  const answers = steps.map(step => authorizeOperation(context, framework, step));
  if (answers.some(each => each instanceof Promise)) return Promise.all(answers);
  return answers.every((each, index) => each === steps[index]) ? steps : (answers as readonly Step[]);
}

function authorizeOperation(context: MasterContext, { id, info }: Framework, step: Step): Step | Promise<Step> {
  const { operation, problem } = step;
  const known = operation.type && acceptOperations.get(operation.type);
  if (problem !== undefined || !known) return step;
  const { access, log } = context;
  const principal = principalOf(info);
  const denied = new Set<number>();
  const pending: Promise<unknown>[] = [];
  for (const [index, { action, object }] of known.access.questions(operation, info).entries()) {
    const answer = access.authorize(principal, action, object);
    if (answer === true) continue;
    if (answer === false) {
      denied.add(index);
      continue;
    }
    const settle = answer
      .catch((error: unknown) => log.error(`Cannot find out whether ${action} is allowed`, { error, framework_id: id }))
      .then(yes => yes === true || denied.add(index));
    pending.push(settle);
  }
  if (pending.length > 0) return Promise.all(pending).then(() => ({ ...step, denied }));
  return denied.size === 0 ? step : { ...step, denied };
}
