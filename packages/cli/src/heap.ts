/** The heap of the process that runs a command. */
import { YoungGeneration } from '@meseta/system/young-generation';

/** Is held from the start of commands that run a master, until the cluster of that is large. */
export const youngGeneration = new YoungGeneration();
