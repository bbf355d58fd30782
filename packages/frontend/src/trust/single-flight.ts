/** A question under way. */
export type Flight = { answer: Promise<unknown> }

/** At most one flight per key at a time: who asks meanwhile shares it, also when it fails. */
export function createSingleFlight<F extends Flight>(): (key: string, launch: () => F) => F {
  const flights = new Map<string, F>()
  return (key, launch) => {
    const known = flights.get(key)
    if (known) return known
    const flight = launch()
    flights.set(key, flight)
    const land = () => void flights.delete(key)
    flight.answer.then(land, land)
    return flight
  }
}
