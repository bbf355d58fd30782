import { claimBadCompanyIsHarmless } from './bad-company-claims.ts'

claimBadCompanyIsHarmless({ nodes: 100, podsPerNode: 5, intervalMs: 2_000, intervals: 3 })
