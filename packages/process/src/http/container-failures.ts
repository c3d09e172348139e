/** The error codes of calls about containers, a part of `FAILURES`. */
export const containerFailures = {
  CONTAINER_NOT_FOUND: {
    status: 404,
    meaning: 'There is no container with this id, or it has ended.',
    action:
      'Look for it with GET_CONTAINERS; the status of one that has ended is kept until it or the container around it is removed.',
  },
  CONTAINER_LAUNCH_FAILED: {
    status: 400,
    meaning: 'The container could not be launched; nothing of it runs.',
    action: 'Repair what the answer names, and launch it again; the id may be the same.',
  },
  CONTAINER_SANDBOX_FAILED: {
    status: 500,
    meaning: 'The sandbox of the container could not be made or removed.',
    action: 'Check what is at its path, and whether the disk of the agent is full.',
  },
  CONTAINER_NOT_REMOVABLE: {
    status: 500,
    meaning: 'The container has not ended, or the container at its root is not known any more.',
    action: 'Kill it, wait for its end, and remove it then; with its root it has gone already.',
  },
  CONTAINER_PROGRAM_NOT_FOUND: {
    status: 400,
    meaning: 'The program that the container was to run does not exist there.',
    action: 'Check its path, or the PATH of the task, in the root file system of the container.',
  },
  CONTAINER_PROGRAM_NOT_EXECUTABLE: {
    status: 400,
    meaning: 'The program that the container was to run cannot be executed.',
    action: 'Check its permissions, its format, and the user that it runs as.',
  },
  CONTAINER_NOT_ATTACHABLE: {
    status: 500,
    meaning: 'The container has neither a terminal nor a session, or has ended, so there is nothing to attach to.',
    action: 'Read the files stdout and stderr of its sandbox; launch tasks with `tty_info` to attach to them.',
  },
  CONTAINER_TERMINAL_AWAY: {
    status: 503,
    meaning: 'The container has a terminal that cannot be reached now, because its Docker engine is away.',
    action: 'Attach again when the engine is back; the container goes on.',
  },
  CONTAINER_INPUT_IN_USE: {
    status: 409,
    meaning: 'Another client sends input to the container.',
    action: 'End that connection first; output can be attached to many times.',
  },
  CONTAINER_INPUT_CLOSED: {
    status: 500,
    meaning: 'The processes of the container have closed their standard input.',
    action: 'Send no more: the output goes on.',
  },
} as const;
