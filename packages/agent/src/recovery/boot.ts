import { readFileSync } from 'node:fs';
import { readIfThere } from '../disk/records.ts';
import { ContentError, type DamageHandling, skip } from './damage.ts';

/** The boot of this machine that the agent runs in. */
export interface Boot {
  /** The kernel's id of it. */
  readonly id: string;
  /** An earlier agent wrote its state in another boot. */
  readonly rebooted: boolean;
  /** The id need not be written again. */
  readonly isWritten: boolean;
}

/**
 * Compares this boot with that of the earlier agent. A damaged id is skipped, also by `--strict`: containers have a boot id of their
 * own, and an agent that was not rebooted does not give up its id by itself.
 *
 * @param path of the earlier agent's.
 */
export function readBoot(path: string, damage: DamageHandling): Boot {
  const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const before = readIfThere(path)?.toString().trim();
  const isDamaged = before !== undefined && before.length !== id.length;
  if (isDamaged) skip(damage, path, new ContentError('it has no id of a boot'));
  return { id, rebooted: before !== undefined && !isDamaged && before !== id, isWritten: before === id };
}
