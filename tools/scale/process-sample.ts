import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says of a process. Linux only. */
export interface ProcessSample {
  /** Resident memory, MB of 10^6 bytes. */
  readonly rssMb: number;
  /** The most that it has been so far, in the same unit. */
  readonly peakRssMb: number;
  /** Open file descriptors: files, sockets, pipes. */
  readonly fds: number;
  /** CPU seconds in user mode and in the kernel, since its start. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
}

/** Ticks a second of /proc/<pid>/stat: 100 on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICKS = 100;

/** @throws Error when there is no such process. */
export function sampleProcess(pid: number): ProcessSample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string): number => (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024) / 1e6;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    rssMb: megabytes('VmRSS'),
    peakRssMb: megabytes('VmHWM'),
    fds: readdirSync(`/proc/${pid}/fd`).length,
    userSeconds: Number(fields[11]) / TICKS,
    systemSeconds: Number(fields[12]) / TICKS,
  };
}
