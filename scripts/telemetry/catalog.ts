import type { MetricSpec } from '@metrics-ring/common/telemetry/metric'
import { processMetrics } from '@metrics-ring/common/telemetry/process-metrics'
import { storeMetrics } from '@metrics-ring/common/telemetry/store-metrics'
import type { SpanSpec } from '@metrics-ring/common/telemetry/trace'
import { apiMetrics } from '@metrics-ring/frontend/answer/api-metrics'
import { apiSpans } from '@metrics-ring/frontend/answer/api-spans'
import { reviewMetrics } from '@metrics-ring/frontend/trust/review-metrics'
import { viewMetrics } from '@metrics-ring/frontend/view/view-metrics'
import { ringMetrics } from '@metrics-ring/shard/report/ring-metrics'
import { scrapeMetrics } from '@metrics-ring/shard/report/scrape-metrics'
import { scrapeSpans } from '@metrics-ring/shard/report/scrape-spans'

export type Section<S> = { title: string; tiers: Tier[]; specs: S[] }
export type Tier = 'shard' | 'frontend' | 'standalone'

const section = <S>(title: string, tiers: Tier[], specs: Readonly<Record<string, S>>): Section<S> => ({
  title,
  tiers,
  specs: Object.values(specs),
})

/** Every metric there is, and which tier tells it. */
export const metricSections: Section<MetricSpec>[] = [
  section<MetricSpec>('Scrapes', ['shard', 'standalone'], scrapeMetrics),
  section<MetricSpec>('Ring', ['shard', 'standalone'], ringMetrics),
  section<MetricSpec>('API', ['frontend', 'standalone'], apiMetrics),
  section<MetricSpec>('View', ['frontend', 'standalone'], viewMetrics),
  section<MetricSpec>('Reviews', ['frontend', 'standalone'], reviewMetrics),
  section<MetricSpec>('Store', ['shard', 'frontend'], storeMetrics),
  section<MetricSpec>('Process', ['shard', 'frontend', 'standalone'], processMetrics),
]

export const metricSpecs: MetricSpec[] = metricSections.flatMap(({ specs }) => specs)

/** Every span there is. */
export const spanSections: Section<SpanSpec>[] = [
  section<SpanSpec>('One scrape of one node', ['shard', 'standalone'], scrapeSpans),
  section<SpanSpec>('One request', ['frontend', 'standalone'], apiSpans),
]
