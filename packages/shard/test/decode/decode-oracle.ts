import type { Sample } from '@metrics-ring/common/record/sample'

/** A decimal's text x 10^scale, cut off to a whole number; slow and by the book. */
export function exactly(text: string, scale: number): bigint {
  const [, whole = '', fraction = '', exponent = '0'] =
    /^\+?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = whole + fraction
  const point = whole.length + Math.max(-1e4, Math.min(1e4, Number(exponent))) + scale
  return BigInt(`0${point <= 0 ? '' : digits.padEnd(point, '0').slice(0, point)}`)
}

/** Every number that a text spells, scaled; a superset of what may be read from it. */
function numbersIn(text: string, scale: number): Set<bigint> {
  const words = text.split(/[\s{}]+/).filter((word) => /^\+?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word))
  return new Set(words.map((word) => exactly(word, scale)))
}

/** The numbers of a sample that its text does not spell; empty when the decoder made nothing up. */
export function inventedNumbers(text: string, sample: Sample, receivedMs: number): string[] {
  const whole = numbersIn(text, 0).add(BigInt(receivedMs))
  const thousandfold = numbersIn(text, 3)
  const nanoseconds = numbersIn(text, 9)
  const points = [sample.node, ...sample.pods.flatMap((pod) => pod.containers.map((each) => each.point))]
  return points.flatMap((point) => {
    if (!point) return []
    const { timestampMs, cpuNs, memoryBytes, swapBytes = memoryBytes, startMs } = point
    return [
      ...(nanoseconds.has(cpuNs) ? [] : [`cpu ${cpuNs}`]),
      ...[timestampMs, memoryBytes, swapBytes].filter((each) => !whole.has(BigInt(each))).map(String),
      ...(startMs === undefined || thousandfold.has(BigInt(startMs)) ? [] : [`start ${startMs}`]),
    ]
  })
}
