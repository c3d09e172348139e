import type { Kind } from './kind.ts';

/** Tells whether resources of a kind are ports, reserved or not: what an agent with shared ports never uses up. */
export function isPorts({ name, template }: Kind): boolean {
  return name === 'ports' && template.type === 'RANGES';
}
