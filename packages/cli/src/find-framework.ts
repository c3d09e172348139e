import type { MasterResponseGetFrameworksFramework } from '@meseta/protocol';
import type { MasterClient } from '@meseta/scheduler';
import { LookupError, named } from './find-task.ts';
import { printable } from './table.ts';

/**
 * Finds the framework that a word names by its id, a part of it, or its name.
 *
 * @throws {LookupError} when it names none or several.
 */
export async function findFramework(master: MasterClient, word: string): Promise<MasterResponseGetFrameworksFramework> {
  const frameworks = (await master.call({ type: 'GET_FRAMEWORKS' }))?.get_frameworks?.frameworks ?? [];
  const namesOf = ({ framework_info: { id, name } }: (typeof frameworks)[number]) => [id?.value ?? '', name];
  const [framework, ...others] = named([frameworks], word, namesOf);
  if (!framework) throw new LookupError(`There is no framework '${word}'; 'meseta frameworks' lists them`);
  if (others.length === 0) return framework;
  const ids = [framework, ...others]
    .slice(0, 5)
    .map(({ framework_info: { id, name } }) => printable(`${id?.value} (${name})`));
  throw new LookupError(
    `Several frameworks match '${word}': ${ids.join(', ')}${others.length > 4 ? ', …' : ''}; give more of the id`,
  );
}
