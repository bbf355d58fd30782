import type { PodRecord, RecordBody, Subject } from './record.ts'

/**
 * How a record's body is written: two JSON texts, so that a frontend need not read what only shards want.
 * Every time in a text is an offset in milliseconds from the text's own `at` (a later commit without news moves
 * the record's `at`, not the texts). Both texts of one commit say the same `at`.
 *
 *     usage   {"v":1,"at":ms,"node":[USAGE,start?],"pods":[[namespace,name,[[container,USAGE,start?,absent?],…]],…]}
 *     points  {"v":1,"at":ms,"node":POINT,"pods":[[POINT,…],…]}      parallel to the pods and containers of usage
 *
 *     USAGE   [cpuNanocores,memoryBytes,timestamp,windowMs,usageAt?,swapBytes?], or 0 where there is none;
 *             usageAt is left out where it is 0 and no swap follows
 *     start   of the subject, which a frontend wants too; left out, or null before absent, where it is not known
 *     absent  1 when the latest answer lacked the container, else left out
 *     POINT   ["cpuNs",timestamp,pointAt], the base but for its start, or 0 where there is none;
 *             cpuNs is a decimal text: it passes 2^53
 *
 * A release that writes more puts it behind what is there and says {"v":2,"readable":1,…}: a reader passes over what it
 * does not know, so that releases can be rolled forth and back. A format that older readers would misread leaves
 * `readable` out, is written one release after it is first read, and until then costs them the node.
 */
export const formatVersion = 1
/** Longest text that is read, bytes. */
export const maxTextBytes = 8 * 1024 * 1024

/** The two texts of a record whose scrape was sent at `atMs` (whole milliseconds, shared clock). */
export function encodeBody(body: RecordBody, atMs: number): { usage: string; points: string } {
  const head = { v: formatVersion, at: atMs }
  const pods = body.pods.map((pod) => podJson(pod, atMs))
  const points = body.pods.map((pod) => pod.containers.map((each) => pointJson(each, atMs)))
  return {
    usage: JSON.stringify({ ...head, node: subjectJson(body.node, atMs), pods }),
    points: JSON.stringify({ ...head, node: pointJson(body.node, atMs), pods: points }),
  }
}

function podJson({ namespace, name, containers }: PodRecord, atMs: number): unknown[] {
  return [namespace, name, containers.map((each) => [each.name, ...subjectJson(each, atMs)])]
}

function subjectJson(subject: Subject & { absent?: true }, atMs: number): unknown[] {
  const json: unknown[] = [usageJson(subject, atMs)]
  const startMs = subject.base?.startMs
  if (startMs !== undefined) json.push(startMs - atMs)
  else if (subject.absent) json.push(null)
  if (subject.absent) json.push(1)
  return json
}

function usageJson({ usage }: Subject, atMs: number): 0 | number[] {
  if (!usage) return 0
  const json = [usage.cpuNanocores, usage.memoryBytes, usage.timestampMs - atMs, usage.windowMs]
  const usageAt = Math.round(usage.atMs) - atMs
  if (usage.swapBytes !== undefined) json.push(usageAt, usage.swapBytes)
  else if (usageAt !== 0) json.push(usageAt)
  return json
}

function pointJson({ base }: Subject, atMs: number): 0 | [string, number, number] {
  if (!base) return 0
  return [base.cpuNs.toString(), base.timestampMs - atMs, Math.round(base.atMs) - atMs]
}
