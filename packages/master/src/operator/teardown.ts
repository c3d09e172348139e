import { HttpError } from '@meseta/process';
import type { WireId } from '@meseta/protocol';
import type { MasterContext } from '../context.ts';
import { removeFramework } from '../frameworks/remove.ts';
import type { Framework } from '../state/framework.ts';

/** Returns the framework that an operator names. @throws {HttpError} 400 when there is none. */
export function frameworkToTearDown({ cluster }: MasterContext, frameworkId: WireId<'framework'>): Framework {
  const framework = cluster.frameworks.get(frameworkId);
  if (!framework) throw new HttpError('FRAMEWORK_NOT_FOUND', 'No framework found with specified ID');
  return framework;
}

/**
 * Removes a framework with all it runs.
 *
 * @throws {HttpError} 400 when there is no such framework.
 */
export async function tearDownFramework(context: MasterContext, frameworkId: WireId<'framework'>): Promise<void> {
  const framework = frameworkToTearDown(context, frameworkId);
  context.log.info('Tearing down a framework for an operator', { framework_id: frameworkId });
  await removeFramework(context, framework);
}
