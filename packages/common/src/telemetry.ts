import { type Meter, metrics } from '@opentelemetry/api'

export type { Meter } from '@opentelemetry/api'

/** Where this process's own metrics go: nowhere, until an SDK has been registered. Ask after that. */
export function globalMeter(): Meter {
  return metrics.getMeter('metrics-ring')
}
