/**
 * A load that swings around a mean: base + amplitude · sin. In nanocores for CPU, in bytes for memory.
 * Its integral has a closed form, so that a served usage can be held against the truth.
 */
export type Curve = {
  base: number
  /** At most `base`, so that the curve is never negative. */
  amplitude: number
  periodMs: number
  offsetMs: number
}

/** `tMs` in milliseconds since the epoch. Reduced to one period first: the sine of 10^12 has no exact digits. */
function angle(curve: Curve, tMs: number): number {
  return (((tMs + curve.offsetMs) % curve.periodMs) / curve.periodMs) * 2 * Math.PI
}

export function valueAt(curve: Curve, tMs: number): number {
  if (curve.amplitude === 0) return curve.base
  return curve.base + curve.amplitude * Math.sin(angle(curve, tMs))
}

/** The integral over time in (unit of the curve) · seconds; 0 when `toMs` is not after `fromMs`. */
export function integral(curve: Curve, fromMs: number, toMs: number): number {
  if (toMs <= fromMs) return 0
  const steady = (curve.base * (toMs - fromMs)) / 1000
  if (curve.amplitude === 0) return steady
  const scale = (curve.amplitude * curve.periodMs) / (2 * Math.PI * 1000)
  return steady + scale * (Math.cos(angle(curve, fromMs)) - Math.cos(angle(curve, toMs)))
}

export function steady(base: number): Curve {
  return { base, amplitude: 0, periodMs: 1000, offsetMs: 0 }
}
