import type { Alone } from './measure-alone.ts'
import type { Places } from './questions.ts'
import type { SystemResult } from './run-system.ts'
import type { SimulatorCost } from './site.ts'

/** Of one simulated cluster. */
export type SiteResults = {
  nodes: number
  podsPerNode: number
  intervalMs: number
  places: Places
  systems: SystemResult[]
  simulator: SimulatorCost
}

/** What one comparison has measured. */
export type Results = {
  /** Of each kubelet process. */
  samplings: string[]
  large: SiteResults
  small: SiteResults | undefined
  /** Of the kubelets, where ages are those while some hang. */
  hangingPercent: number
  alone: Alone | undefined
}

/** One system of them; undefined: it could not be measured. */
export type Found = SystemResult | undefined
