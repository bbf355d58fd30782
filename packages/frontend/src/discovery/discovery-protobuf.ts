import { createProtobufWriter } from '../render/protobuf-writer.ts'
import type { ApiGroup, ApiResource, GroupVersion } from './discovery-documents.ts'

/** Messages of apimachinery meta/v1 generated.proto; strings are written also where they are empty. */
const writer = createProtobufWriter()

export function groupMessage(group: ApiGroup): Buffer {
  writer.reset()
  writeGroup(group)
  return writer.take()
}

export function groupListMessage(groups: readonly ApiGroup[]): Buffer {
  writer.reset()
  for (const group of groups.toReversed()) nested(1, () => writeGroup(group))
  return writer.take()
}

export function resourceListMessage(groupVersion: string, resources: readonly ApiResource[]): Buffer {
  writer.reset()
  for (const resource of resources.toReversed()) nested(2, () => writeResource(resource))
  writer.text(1, groupVersion)
  return writer.take()
}

function writeGroup({ name, versions, preferredVersion }: ApiGroup) {
  nested(3, () => writeGroupVersion(preferredVersion))
  for (const version of versions.toReversed()) nested(2, () => writeGroupVersion(version))
  writer.text(1, name)
}

function writeGroupVersion({ groupVersion, version }: GroupVersion) {
  writer.text(2, version)
  writer.text(1, groupVersion)
}

/** storageVersionHash, version, group and singularName are empty. */
function writeResource({ name, namespaced, kind, verbs }: ApiResource) {
  for (const empty of [10, 9, 8, 6]) writer.text(empty, '')
  nested(4, () => {
    for (const verb of verbs.toReversed()) writer.text(1, verb)
  })
  writer.text(3, kind)
  writer.varint(2, namespaced ? 1 : 0)
  writer.text(1, name)
}

function nested(field: number, write: () => void) {
  const before = writer.size()
  write()
  writer.open(field, before)
}
