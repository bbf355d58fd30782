import { readFileSync } from 'node:fs'

/** What the operating system says of any process, ours or not: the same measure for all. */
export type ProcessUsage = {
  /** User and system time of all threads since it started, milliseconds; counted in ticks of 10. */
  cpuMs: number
  rssBytes: number
  /** The most it ever was. */
  peakRssBytes: number
}

/** Ticks of /proc a second: 100 on every Linux that Node.js runs on. */
const tickMs = 10

/** Reads /proc (Linux); throws when there is no such process. */
export function processUsage(pid: number): ProcessUsage {
  // The second field is the name in brackets, which may hold anything: count from behind it (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
    rssBytes: bytes('VmRSS'),
    peakRssBytes: bytes('VmHWM'),
  }
}
