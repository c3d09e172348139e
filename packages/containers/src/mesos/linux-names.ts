/** The numbers that the kernel has for names in Mesos's messages. */
import type { CapabilityInfo, RLimitInfo } from '@meseta/protocol';

/** The names of capabilities in messages; the place of each is its number, see capabilities(7). */
export const capabilityNames = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...['LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER'],
  ...['SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE'],
  ...['SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP'],
  ...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF'],
  'CHECKPOINT_RESTORE',
];

/** Returns the numbers of capabilities. @throws {RangeError} naming one that Linux does not have. */
export function capabilityNumbers({ capabilities = [] }: CapabilityInfo): number[] {
  return capabilities.map(name => {
    const number = capabilityNames.indexOf(name);
    if (number < 0) throw new RangeError(`Linux has no capability '${name}'`);
    return number;
  });
}

type RlimitType = NonNullable<NonNullable<RLimitInfo['rlimits']>[number]['type']>;

/** RLIMIT_* of each type in messages, see setrlimit(2). */
const rlimitNumbers: Readonly<Record<Exclude<RlimitType, 'UNKNOWN'>, number>> = {
  RLMT_CPU: 0,
  RLMT_FSIZE: 1,
  RLMT_DATA: 2,
  RLMT_STACK: 3,
  RLMT_CORE: 4,
  RLMT_RSS: 5,
  RLMT_NPROC: 6,
  RLMT_NOFILE: 7,
  RLMT_MEMLOCK: 8,
  RLMT_AS: 9,
  RLMT_LOCKS: 10,
  RLMT_SIGPENDING: 11,
  RLMT_MSGQUEUE: 12,
  RLMT_NICE: 13,
  RLMT_RTPRIO: 14,
  RLMT_RTTIME: 15,
};

/** Returns RLIMIT_* of a type; undefined for one that Linux does not have. */
export function rlimitNumber(type: string | undefined): number | undefined {
  return (rlimitNumbers as Readonly<Record<string, number>>)[type ?? ''];
}

/** Returns the type of a resource limit in messages by its RLIMIT_* number. */
export function rlimitName(number: number): string {
  return Object.entries(rlimitNumbers).find(([, each]) => each === number)?.[0] ?? String(number);
}
