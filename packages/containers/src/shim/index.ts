/**
 * The entry for code that starts processes below a shim without a containerizer, or shares the helper processes in
 * Perl.
 */
export { type ExitStatus, fromWaitStatus } from '../exit-status.ts';
export { describeSignal } from '../signals.ts';
export { parseEvent, type ShimEvent } from './events.ts';
export { type PerlHelper, perlProblem, startPerlHelper } from './perl-helper.ts';
export { shimProgram } from './program.ts';
export { frame, launchFields } from './request.ts';
export { startFailure } from './start-failure.ts';
