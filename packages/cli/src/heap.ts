/** The heap of the process that runs a command. */
import { YoungGeneration } from '@meseta/system/young-generation';

/** A command that runs a master keeps it small from the start until the master's cluster is large. */
export const youngGeneration = new YoungGeneration();
