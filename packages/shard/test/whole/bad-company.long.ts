import { claimBadCompanyIsHarmless } from './bad-company-claims.ts'

claimBadCompanyIsHarmless({ nodes: 1_000, podsPerNode: 30, intervalMs: 15_000, intervals: 4 })
