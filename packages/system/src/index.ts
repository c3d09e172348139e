export { ifAbsent } from './absent.ts';
export { DirectoryError, directoryProblem, takeDirectory } from './directories/directory.ts';
export { makeDirectories } from './directories/make-directories.ts';
export { removeDirectory } from './directories/remove-directory.ts';
export { makeTemporaryDirectory } from './directories/temporary-directory.ts';
export { networkProblem } from './network-problem.ts';
export { answerOf } from './processes/answer.ts';
export { findMarkedProcesses, type ProcessMarks } from './processes/marked-processes.ts';
export {
  allPids,
  childPids,
  ifEnded,
  isAlive,
  type Process,
  type ProcessId,
  readOfProcess,
  readProcess,
  signalProcess,
} from './processes/proc.ts';
export { descendants, signalTree } from './processes/process-tree.ts';
export { RepeatedRemovals } from './repeated-removals.ts';
export { isShortage } from './shortage.ts';
export { type Clock, delay, endsWithin, every, keepAliveClock, scopedClock, systemClock } from './time/clock.ts';
export { ConcurrencyLimit } from './time/concurrency-limit.ts';
export { inSlices, resultAtOnce, resultInSlices } from './time/in-slices.ts';
export { readableDuration } from './time/readable-duration.ts';
export { Slice } from './time/slice.ts';
export { SlicedQueue } from './time/sliced-queue.ts';
export { ready, type Steps, TurnQueue } from './time/turn-queue.ts';
export { tlsAlert } from './tls-alerts.ts';
export { userName } from './users/user-name.ts';
export { lookupUser, switchTo, type User } from './users/users.ts';
export { mesosVersion, productVersion, versionInfo } from './version.ts';
