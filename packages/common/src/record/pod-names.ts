/** Equal lists of names are one object wherever they can be: never write to it. */
export type PodNames = {
  readonly namespace: string
  readonly name: string
  readonly containers: readonly string[]
}

/** The containers of all pods. */
export function containerCount(pods: readonly { containers: readonly unknown[] }[]): number {
  let count = 0
  for (const { containers } of pods) count += containers.length
  return count
}

type Named = { namespace: string; name: string; containers: readonly { name: string }[] }

export function namesOf({ namespace, name, containers }: Named): PodNames {
  return { namespace, name, containers: containers.map((each) => each.name) }
}

export function sameNames(a: readonly PodNames[], b: readonly PodNames[]): boolean {
  return a === b || (a.length === b.length && a.every((pod, index) => samePod(pod, b[index] as PodNames)))
}

function samePod(a: PodNames, b: PodNames): boolean {
  const isSame =
    a.name === b.name && a.namespace === b.namespace && a.containers.length === b.containers.length
  return isSame && a.containers.every((name, index) => name === b.containers[index])
}
