import { type Attributes, createNoopMeter, type Meter } from '@opentelemetry/api'

export type { Meter } from '@opentelemetry/api'

/**
 * One metric of ours, as docs/telemetry.md lists it. A label's values come from a set that does not grow with the
 * cluster: none names a node, a pod, a shard or a client.
 */
export type MetricSpec = {
  /** In words parted by dots, without the unit (OpenTelemetry); `prometheusName` is what /metrics calls it. */
  name: string
  /** `total`: a counter that is read when it is asked for. */
  kind: 'counter' | 'total' | 'histogram' | 'gauge'
  unit?: 's' | 'By'
  help: string
  /** By label: what it tells, or its values. */
  labels?: Readonly<Record<string, string>>
  /** Upper bounds, of a histogram. */
  buckets?: readonly number[]
}

/** The specs of a part, by what its code calls them. */
export type MetricSpecs = Readonly<Record<string, MetricSpec>>

/** A value for each label of a spec, or for some. */
export type LabelsOf<S extends MetricSpec> = { [label in keyof S['labels']]?: string }

/** Tells the value of a gauge or of a total, once for each set of labels. */
export type Observe<S extends MetricSpec> = (value: number, labels?: LabelsOf<S>) => void

/** Measures nothing: for tests, and for parts started without telemetry. */
export const silentMeter: Meter = createNoopMeter()

/** A counter without labels is 0 from the start, so that its first increase is seen as one. */
export function counter<S extends MetricSpec & { kind: 'counter' }>(meter: Meter, spec: S) {
  const instrument = meter.createCounter(spec.name, optionsOf(spec))
  if (!spec.labels) instrument.add(0)
  return (count: number, labels?: LabelsOf<S>) => instrument.add(count, labels as Attributes)
}

/** Values are in the unit of the spec. */
export function histogram<S extends MetricSpec & { kind: 'histogram' }>(meter: Meter, spec: S) {
  const advice = spec.buckets ? { advice: { explicitBucketBoundaries: [...spec.buckets] } } : {}
  const instrument = meter.createHistogram(spec.name, { ...optionsOf(spec), ...advice })
  return (value: number, labels?: LabelsOf<S>) => instrument.record(value, labels as Attributes)
}

/** `read` is called whenever metrics are collected; what it does not observe is not there. */
export function gauge<S extends MetricSpec & { kind: 'gauge' | 'total' }>(
  meter: Meter,
  spec: S,
  read: (observe: Observe<S>) => void | Promise<void>,
): void {
  const create = spec.kind === 'gauge' ? meter.createObservableGauge : meter.createObservableCounter
  const instrument = create.call(meter, spec.name, optionsOf(spec))
  instrument.addCallback((result) => read((value, labels) => result.observe(value, labels as Attributes)))
}

function optionsOf({ help, unit }: MetricSpec) {
  return unit ? { description: help, unit } : { description: help }
}

const unitWords: Record<string, string> = { s: 'seconds', By: 'bytes' }

/** As the Prometheus naming rules have it: the unit in full, `_total` behind what counts. */
export function prometheusName({ name, unit, kind }: Pick<MetricSpec, 'name' | 'unit' | 'kind'>): string {
  const words = [name.replaceAll('.', '_')]
  if (unit) words.push(unitWords[unit] ?? unit)
  if (kind === 'counter' || kind === 'total') words.push('total')
  return words.join('_')
}

/** Upper bounds for what takes from a few milliseconds to ten seconds. */
export const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
