import { checkCommandLineResources, parseResourceList } from '../parse.ts';
import { Resources } from '../resources.ts';

export { parseQuantities } from '../quantities.ts';

/**
 * Parses the value of `--resources` and checks that it has only what is allowed on a command line.
 *
 * @throws {ResourceParseError} when it cannot be parsed.
 * @throws {InvalidResourceError} when it has resources that are not allowed.
 */
export function parseResources(text: string, defaultRole = '*'): Resources {
  const list = parseResourceList(text, defaultRole);
  checkCommandLineResources(list);
  return Resources.of(list);
}
