import { aclRules } from '@metrics-ring/common/redis/acl'
import type { RedisFacts } from '@metrics-ring/common/redis/examine'
import type { Finding, Found } from './finding.ts'

type Advice = { code: string; symptom: string; fix: string }

const secret =
  'put the right URL into the Secret: kubectl -n kube-system create secret generic metrics-ring-redis --from-literal=url=…; restart shards and frontends'

/** By our codes for what Redis says. */
const advices: Record<string, Advice> = {
  store_unavailable: {
    code: 'redis_unreachable',
    symptom: 'Redis does not answer: samples are served until they are a minute old, then no more',
    fix: 'check that it runs and that --redis-url (REDIS_URL) leads to it; from a laptop: kubectl port-forward, or run the doctor in a pod',
  },
  store_auth: { code: 'redis_login', symptom: 'Redis does not accept our user and password', fix: secret },
  store_forbidden: {
    code: 'redis_forbidden',
    symptom: 'the user may not do in Redis what metrics-ring has to',
    fix: `ACL SETUSER <user> ${aclRules('<ring name>').join(' ')}`,
  },
  store_read_only: {
    code: 'redis_read_only',
    symptom: 'Redis is a replica that takes no writes: no new sample reaches the frontends',
    fix: 'let --redis-url lead to the primary: redis-sentinel://… follows it by itself',
  },
  store_full: {
    code: 'redis_full',
    symptom: 'Redis is full and takes no writes',
    fix: 'redis-cli config set maxmemory <more>: 15 kB a node of 30 pods',
  },
  store_refuses_writes: {
    code: 'redis_refuses_writes',
    symptom: 'Redis takes no writes, because it cannot save them or has too few replicas',
    fix: 'mend its disk, or: redis-cli config set stop-writes-on-bgsave-error no (metrics-ring needs no disk); check min-replicas-to-write',
  },
}
const other: Advice = { code: 'redis_error', symptom: 'Redis refuses a command', fix: 'see its log' }

const leastVersion = 6.2
const fullShare = 0.9

/** Whether Redis answers, takes writes, and keeps what it has. Pure. */
export function judgeRedis({ answer, write, info }: RedisFacts): Found {
  if (!answer.ok) return { findings: [refusal(answer)], note: 'no answer' }
  const tookText = `answers in ${answer.tookMs.toFixed(1)} ms`
  const told = info ?? new Map<string, string>()
  const findings = [...(write.ok ? [] : [refusal(write)]), ...judgeVersion(told), ...judgeMemory(told)]
  const version = told.get('redis_version') ?? 'of unknown version'
  const note = info
    ? `${version}, ${told.get('role')}, ${tookText}`
    : `${tookText}; it may not be asked for INFO`
  return { findings, note }
}

function refusal({ code, message }: { code: string; message: string }): Finding {
  return { severity: 'error', ...(advices[code] ?? other), evidence: message }
}

function judgeVersion(info: ReadonlyMap<string, string>): Finding[] {
  // Valkey says which Redis it is compatible with.
  const version = info.get('redis_version')
  if (version === undefined || Number.parseFloat(version) >= leastVersion) return []
  return [
    {
      code: 'redis_version',
      severity: 'error',
      symptom: 'this Redis is too old',
      evidence: `redis_version:${version}`,
      fix: 'Redis 6.2 or later, or Valkey',
    },
  ]
}

function judgeMemory(info: ReadonlyMap<string, string>): Finding[] {
  const most = Number(info.get('maxmemory') ?? 0)
  const used = Number(info.get('used_memory') ?? 0)
  const policy = info.get('maxmemory_policy') ?? 'noeviction'
  const evicted = Number(info.get('evicted_keys') ?? 0)
  if (most === 0) return []
  const evidence = `maxmemory:${most} maxmemory_policy:${policy} used_memory:${used} evicted_keys:${evicted}`
  if (policy !== 'noeviction')
    return [
      {
        code: 'redis_evicts',
        severity: 'warning',
        symptom: 'Redis may evict samples: their nodes have no metrics until the next interval',
        evidence,
        fix: 'redis-cli config set maxmemory-policy noeviction (in a managed one: its parameter group)',
      },
    ]
  if (used < most * fullShare) return []
  return [
    {
      code: 'redis_nearly_full',
      severity: 'warning',
      symptom: 'Redis will be full soon, and then takes no writes',
      evidence,
      fix: 'redis-cli config set maxmemory <more>: 15 kB a node of 30 pods',
    },
  ]
}
