/** Small numbers that stand for names while these are in use, so that a message need not repeat them. */
export type Slots = ReturnType<typeof createSlots>

export function createSlots() {
  const slots = new Map<string, number>()
  const free: number[] = []
  return {
    /** `isNew`: the name got its number just now. The lowest free number is given. */
    take(name: string): { slot: number; isNew: boolean } {
      const known = slots.get(name)
      if (known !== undefined) return { slot: known, isNew: false }
      const slot = free.pop() ?? slots.size
      slots.set(name, slot)
      return { slot, isNew: true }
    },
    /** Frees the numbers of all names that are not among these; returns them. */
    keep(names: { has(name: string): boolean }): number[] {
      const gone = [...slots].filter(([name]) => !names.has(name))
      for (const [name] of gone) slots.delete(name)
      free.push(...gone.map(([, slot]) => slot))
      free.sort((a, b) => b - a)
      return gone.map(([, slot]) => slot)
    },
    entries: (): [slot: number, name: string][] => [...slots].map(([name, slot]) => [slot, name]),
  }
}
