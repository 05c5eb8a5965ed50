/**
 * Who touched a page last: CPU number and the 8 low bits of the PID, in one word kept with each page. Slow-tier pages in
 * memory-tiering mode keep a time in ms in the same word instead.
 *
 * Widths as in a kernel built for 8192 CPUs (Debian's): 13 + 8 = 21 bits.
 *
 * @kernel include/linux/mm.h cpu_pid_to_cpupid and friends; include/linux/page-flags-layout.h (7.3, 6.12)
 */
const PID_BITS = 8;
const PID_MASK = 0xff;
const CPUPID_BITS = 21;

/** Bits of the word; a time is kept modulo this + 1. The kernel guarantees at least 12 bits, about 4 s. */
export const LAST_CPUPID_MASK = 2 ** CPUPID_BITS - 1;
/** The word of a page that nobody has faulted on yet: what a host must give every fresh page. */
export const CPUPID_UNSET = LAST_CPUPID_MASK;

/** `cpu` 0 to 8191, `pid` any. */
export function cpuPidToCpupid(cpu: number, pid: number): number {
  return (cpu << PID_BITS) | (pid & PID_MASK);
}

export function cpupidToCpu(cpupid: number): number {
  return cpupid >>> PID_BITS;
}

/** Only 8 bits are compared: two threads may look like one. @kernel cpupid_match_pid */
export function cpupidMatchPid(pid: number, cpupid: number): boolean {
  return (cpupid & PID_MASK) === (pid & PID_MASK);
}

/** Looks at the PID alone, so a thread whose PID ends in 0xff always seems to be nobody. @kernel cpupid_pid_unset */
export function cpupidPidUnset(cpupid: number): boolean {
  return (cpupid & PID_MASK) === PID_MASK;
}
