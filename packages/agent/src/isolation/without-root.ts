/**
 * Says what an agent cannot do because it does not run as root; undefined when it does. Isolators that need root are no part
 * of it: an agent that is to have them does not start.
 *
 * @param uid of the agent, see geteuid(2).
 */
export function withoutRoot(uid: number | undefined): string | undefined {
  if (uid === 0) return undefined;
  return (
    "This agent does not run as root: all tasks run as the agent's user, those that name another one fail (with " +
    "--no-switch_user they run as the agent's, too), and they see the machine's files and processes; tasks that ask for " +
    'volumes of the machine, images, networks or limits of the kernel fail. Start it as root for these'
  );
}
