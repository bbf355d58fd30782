/** CREATE, UPDATE, PATCH and DELETE, with optimistic concurrency by resourceVersion. */
import { isDeepStrictEqual } from 'node:util'
import { checkObject, readObject } from './decode.ts'
import { objectText } from './encoding.ts'
import { type Call, header, parseJson, readBody, sendJson, sendText } from './http.ts'
import { keyFor } from './list.ts'
import { at, type Json, type KubeObject, text } from './objects.ts'
import { applyPatch } from './patch.ts'
import { findResource, type ResourceType } from './resources.ts'
import { alreadyExists, badRequest, conflict, invalid, notFound, StatusError } from './status.ts'
import type { Entry, Storage } from './storage.ts'

const modified = 'the object has been modified; please apply your changes to the latest version and try again'

export async function create(call: Call, type: ResourceType, storage: Storage): Promise<void> {
  const object = await readObject(call, type)
  const { namespace } = call.info
  const namespaces = findResource('', 'v1', 'namespaces')
  if (type.namespaced && namespaces && !storage.get(namespaces, namespace)) {
    throw notFound(namespaces, namespace)
  }
  const { name, resourceVersion } = object.metadata
  if (resourceVersion) {
    throw new StatusError(500, 'InternalError', 'resourceVersion should not be set on objects to be created')
  }
  if (storage.get(type, keyFor(type, namespace, name))) throw alreadyExists(type, name)
  answer(call, type, 201, storage.put(type, withoutServerFields(object)))
}

export async function update(call: Call, type: ResourceType, storage: Storage): Promise<void> {
  const object = await readObject(call, type)
  const { name, namespace } = call.info
  if (object.metadata.name !== name) {
    throw badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    )
  }
  const stored = storage.get(type, keyFor(type, namespace, name))
  if (!stored) return createOnUpdate(call, type, storage, object)
  checkUid(type, object, stored)
  const { resourceVersion } = object.metadata
  if (!resourceVersion && !unconditional(type)) {
    throw invalid(
      type.kind,
      name,
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    )
  }
  if (resourceVersion && resourceVersion !== stored.object.metadata.resourceVersion) {
    throw conflict(type, name, modified)
  }
  answer(call, type, 200, replace(call, type, storage, stored, object))
}

/** A PUT of what is not there makes it, for Leases and Endpoints only. */
function createOnUpdate(call: Call, type: ResourceType, storage: Storage, object: KubeObject): void {
  const { name, uid } = object.metadata
  if (type.resource !== 'leases' && type.resource !== 'endpoints') throw notFound(type, name)
  if (uid) throw conflict(type, name, precondition('UID', uid, ''))
  answer(call, type, 201, storage.put(type, withoutServerFields(object)))
}

function unconditional(type: ResourceType): boolean {
  return type.resource !== 'leases' && type.resource !== 'apiservices'
}

export async function patch(call: Call, type: ResourceType, storage: Storage): Promise<void> {
  const { name, namespace } = call.info
  const stored = storage.get(type, keyFor(type, namespace, name))
  const body = parseJson(await readBody(call.request))
  if (!stored) throw notFound(type, name)
  const patched = applyPatch(header(call.request, 'content-type') ?? '', stored.object as Json, body)
  const object = checkObject(call, type, patched)
  const { resourceVersion } = object.metadata
  if (resourceVersion && resourceVersion !== stored.object.metadata.resourceVersion) {
    throw conflict(type, name, modified)
  }
  checkUid(type, object, stored)
  const current = storage.get(type, keyFor(type, namespace, name))
  if (current !== stored) throw conflict(type, name, modified)
  answer(call, type, 200, replace(call, type, storage, stored, object))
}

/** The stored object keeps its status on a write of the rest, and the rest on a write of its status. */
function replace(call: Call, type: ResourceType, storage: Storage, stored: Entry, object: KubeObject): Entry {
  const { uid, creationTimestamp, resourceVersion } = stored.object.metadata
  const ofStatus = call.info.subresource === 'status'
  const base = ofStatus ? stored.object : object
  const metadata = { ...object.metadata, uid, creationTimestamp, resourceVersion }
  const next = { ...base, metadata } as KubeObject
  const status = ofStatus ? object.status : stored.object.status
  if (type.hasStatus && status !== undefined) next.status = status
  if (isDeepStrictEqual(next, stored.object)) return stored
  return storage.put(type, next)
}

export async function remove(call: Call, type: ResourceType, storage: Storage): Promise<void> {
  const { name, namespace } = call.info
  const body = await readBody(call.request)
  const key = keyFor(type, namespace, name)
  const stored = storage.get(type, key)
  if (!stored) throw notFound(type, name)
  checkPreconditions(type, stored, body)
  storage.remove(type, key)
  const details = {
    name,
    ...(type.group && { group: type.group }),
    kind: type.resource,
    uid: stored.object.metadata.uid,
  }
  sendJson(call.response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details })
}

function checkPreconditions(type: ResourceType, stored: Entry, body: Buffer): void {
  const options = body.length > 0 ? parseJson(body) : null
  const { name, uid, resourceVersion } = stored.object.metadata
  const wantedUid = text(at(options, 'preconditions', 'uid'))
  const wantedVersion = text(at(options, 'preconditions', 'resourceVersion'))
  if (wantedUid && wantedUid !== uid) throw conflict(type, name, precondition('UID', wantedUid, uid ?? ''))
  if (wantedVersion && wantedVersion !== resourceVersion) {
    throw conflict(type, name, precondition('ResourceVersion', wantedVersion, resourceVersion ?? ''))
  }
}

function precondition(what: string, wanted: string, actual: string): string {
  return `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`
}

function checkUid(type: ResourceType, object: KubeObject, stored: Entry): void {
  const { uid, name } = object.metadata
  const actual = stored.object.metadata.uid ?? ''
  if (uid && uid !== actual) throw conflict(type, name, precondition('UID', uid, actual))
}

function withoutServerFields(object: KubeObject): KubeObject {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = object.metadata
  return { ...object, metadata: metadata as KubeObject['metadata'] }
}

function answer({ response }: Call, type: ResourceType, code: number, entry: Entry): void {
  const body = objectText(entry, type, { form: 'full', version: 'v1' })
  sendText(response, code, `${body}\n`, 'application/json')
}
