/** The part of hashring 3.2 that ring.ts uses. */
declare module 'hashring' {
  export type Member = { vnodes: number; weight: number }
  class HashRing {
    constructor(
      members: Record<string, Member>,
      algorithm: string,
      options: { 'vnode count': number; 'max cache size': number },
    )
    /** Positions in ascending order of value. */
    readonly ring: readonly { readonly value: number; readonly server: string }[]
    /** Index of the first position at or after a hash, around the end. */
    find(hash: number): number
  }
  export = HashRing
}
