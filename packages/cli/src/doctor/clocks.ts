import { type Finding, type Found, some } from './finding.ts'

/** How far a clock is ahead of this machine's, milliseconds, and how wrong that may be. */
export type ClockOffset = {
  who: 'API server' | 'Redis' | 'shard' | 'kubelet'
  name: string
  offsetMs: number
}

/** HTTP dates are to the second, and answers take a while. */
const toleratedMs = 5_000
/** Beyond this the CPU of a container is not computed across two points (usage rule 3), and records are refused. */
const harmfulMs = 30_000

const harm: Record<ClockOffset['who'], string> = {
  'API server': 'tokens and certificates are judged by it',
  Redis: 'the age of every sample is judged by it',
  shard: 'it looks silent, or alive for too long, to whoever reads its Lease',
  kubelet: 'samples of its pods look old, or come from the future: HPAs ignore them',
}

/** Which clocks are off, taking for right what most of them say, this machine's among them. Pure. */
export function judgeClocks(offsets: readonly ClockOffset[]): Found {
  const all = [0, ...offsets.map(({ offsetMs }) => offsetMs)].sort((a, b) => a - b)
  const middleMs = all[Math.floor(all.length / 2)] ?? 0
  const skewed = offsets
    .map((each) => ({ ...each, offsetMs: each.offsetMs - middleMs }))
    .filter(({ offsetMs }) => Math.abs(offsetMs) > toleratedMs)
  const groups = Map.groupBy(skewed, ({ who }) => who)
  const findings = [...groups].map(([who, those]) => judgeGroup(who, those))
  const ourMs = -middleMs
  if (Math.abs(ourMs) > toleratedMs) findings.push(ours(ourMs))
  return { findings, note: `${offsets.length} clocks, ${skewed.length} of them off by more than 5 s` }
}

function judgeGroup(who: ClockOffset['who'], those: readonly ClockOffset[]): Finding {
  const worst = Math.max(...those.map(({ offsetMs }) => Math.abs(offsetMs)))
  return {
    code: `clock_${who.toLowerCase().replace(' ', '_')}`,
    severity: worst > harmfulMs ? 'error' : 'warning',
    symptom: `the clock of ${who === 'kubelet' || who === 'shard' ? `${those.length} ${who}(s)` : who} is off: ${harm[who]}`,
    evidence: some(those.map(({ name, offsetMs }) => `${name} is ${apart(offsetMs)}`)),
    fix: `on its machine: chronyc tracking, then systemctl restart chrony (or timedatectl set-ntp true)`,
  }
}

function ours(ourMs: number): Finding {
  return {
    code: 'clock_here',
    severity: 'warning',
    symptom: 'the clock of this machine is off: ages that the doctor tells are wrong by as much',
    evidence: `it is ${apart(ourMs)} against most of the others`,
    fix: 'timedatectl set-ntp true',
  }
}

function apart(offsetMs: number): string {
  return `${(Math.abs(offsetMs) / 1000).toFixed(0)} s ${offsetMs > 0 ? 'ahead' : 'behind'}`
}
