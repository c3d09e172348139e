/**
 * Paths of containers, commands and images. The engine decodes and cleans a path before it looks at it, so a name with
 * slashes or dots could name something else, escaped or not: such names never leave the agent.
 */
import { EngineError } from './error.ts';
import type { EngineTransport } from './transport.ts';

const containerForm = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const imageForm = /^[a-zA-Z0-9[][a-zA-Z0-9_.:@[\]-]*$/;

type Where = Pick<EngineTransport, 'where'>;

/** Returns the path of a container. @param name or id. @throws {EngineError} `INVALID` */
export function containerPath(transport: Where, name: string, action: string): string {
  if (containerForm.test(name)) return `/containers/${name}`;
  throw invalid(transport, action, `'${name.slice(0, 200)}' is no name of a container; one has letters, digits, _ . -`);
}

/** Returns the path of a command. @throws {EngineError} `INVALID` */
export function execPath(transport: Where, id: string, action: string): string {
  if (containerForm.test(id)) return `/exec/${id}`;
  throw invalid(transport, action, `'${id.slice(0, 200)}' is no id of a command`);
}

/** Returns the path of an image. @throws {EngineError} `INVALID` */
export function imagePath(transport: Where, name: string, action: string): string {
  if (name.split('/').every(part => imageForm.test(part))) return `/images/${name}`;
  throw invalid(transport, action, `'${name.slice(0, 300)}' is no name of an image; one is [HOST/]REPOSITORY[:TAG]`);
}

function invalid({ where }: Where, action: string, problem: string): EngineError {
  return new EngineError('INVALID', { action, endpoint: where, problem });
}
