import type { Meter } from '@metrics-ring/common/telemetry/metric'

type Attributes = Record<string, unknown>

/** A meter that sums counters, keeps what histograms were given, and reads gauges when asked; `name{label=value}`. */
export function createFakeMeter() {
  const counted = new Map<string, number>()
  const recorded = new Map<string, number[]>()
  const gauges: (() => void)[] = []
  const seen = new Map<string, number>()
  const key = (name: string, attributes: Attributes = {}) =>
    `${name}{${Object.entries(attributes)
      .map(([label, value]) => `${label}=${value}`)
      .join(',')}}`
  const meter = {
    createCounter: (name: string) => ({
      add: (value: number, attributes?: Attributes) =>
        counted.set(key(name, attributes), (counted.get(key(name, attributes)) ?? 0) + value),
    }),
    createHistogram: (name: string) => ({
      record(value: number, attributes?: Attributes) {
        const values = recorded.get(key(name, attributes)) ?? []
        recorded.set(key(name, attributes), values)
        values.push(value)
      },
    }),
    createObservableGauge: (name: string) => ({
      addCallback: (callback: (result: object) => void) =>
        gauges.push(() =>
          callback({
            observe: (value: number, attributes?: Attributes) => seen.set(key(name, attributes), value),
          }),
        ),
    }),
  }
  return {
    meter: meter as unknown as Meter,
    counted,
    recorded,
    /** The gauges of now. */
    observed() {
      seen.clear()
      for (const read of gauges) read()
      return seen
    },
  }
}
