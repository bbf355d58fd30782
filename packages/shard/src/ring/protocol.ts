/**
 * Which version of the assignment (common/ring.ts: which member owns which node) a ring uses, so that an upgrade never
 * makes two rings of one: where shards assign by different rules, some nodes have two owners, and others none.
 * Each Lease says which versions its shard speaks; a release speaks the previous one too:
 *
 *   old old old   →   old new new   →   new new new
 *    1   1   1         1   12  12        12  12  12
 *   all assign by 1   all by 1          all by 2
 */

/** The highest version that everybody speaks; where there is none, the lowest of the first's (our own). Pure. */
export function commonProtocol(spoken: readonly (readonly number[])[]): number {
  const [own = [], ...others] = spoken
  const common = own.filter((version) => others.every((each) => each.includes(version)))
  return common.length > 0 ? Math.max(...common) : Math.min(...own)
}

/** As written in the annotation of a Lease: `1` or `1,2`. What is no version is left out. */
export function readProtocols(text: string | undefined): number[] {
  const versions = (text ?? '').split(',').map(Number)
  const known = versions.filter((version) => Number.isInteger(version) && version > 0)
  return known.length > 0 ? known : [1]
}
