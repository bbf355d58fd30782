/** Holds manifests to the OpenAPI schemas of Kubernetes, and to know no field that Kubernetes does not know. */
import type { Manifest } from './objects.ts'

type Validate = ((data: unknown) => boolean) & {
  errors?: { instancePath: string; keyword: string; params: unknown }[]
}

/** Kinds that are not Kubernetes' own: their schemas are those who define them to check. */
const foreign = new Set(['cert-manager.io/v1', 'monitoring.coreos.com/v1'])

/** Every fault, a sentence each. */
export async function schemaFaults(manifest: Manifest): Promise<string[]> {
  if (foreign.has(manifest.apiVersion)) return []
  const validate = await schemaOf(manifest)
  if (!validate) return [`there is no ${manifest.apiVersion} ${manifest.kind}`]
  const watched = watchReads(manifest)
  validate(watched.object)
  const wrong = (validate.errors ?? []).map(
    ({ instancePath, keyword, params }) => `${instancePath} ${keyword} ${JSON.stringify(params)}`,
  )
  return [...wrong, ...watched.unread().map((path) => `${path} is not known to Kubernetes`)]
}

async function schemaOf({ apiVersion, kind }: Manifest): Promise<Validate | undefined> {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  const name = `${pascal(group.replace(/\.k8s\.io$/, '').split('.')[0] ?? '')}${pascal(version)}${kind}`
  for (const prefix of ['IoK8sApi', 'IoK8sKubeAggregatorPkgApis']) {
    try {
      const schema = (await import(`kubernetes-models/_schemas/${prefix}${name}`)) as { validate: Validate }
      return schema.validate
    } catch {
      // The other prefix, or no such kind.
    }
  }
  return undefined
}

function pascal(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/**
 * The compiled schemas let unknown fields pass, as OpenAPI does. But they read every field that they know: what was
 * never read is a field that no schema has, most likely a misspelt one.
 */
function watchReads(root: unknown) {
  const read = new Set<string>()
  const wrap = (value: unknown, path: string): unknown => {
    if (typeof value !== 'object' || value === null) return value
    return new Proxy(value, {
      get(target, key) {
        const found = Reflect.get(target, key)
        if (typeof key !== 'string' || !Object.hasOwn(target, key)) return found
        read.add(`${path}/${key}`)
        return wrap(found, `${path}/${key}`)
      },
    })
  }
  const unread = (value: unknown, path: string): string[] => {
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, each]) => {
      const at = `${path}/${key}`
      return read.has(at) ? unread(each, at) : [at]
    })
  }
  return { object: wrap(root, ''), unread: () => unread(root, '') }
}
