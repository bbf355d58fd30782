import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts'
import { type Kubelets, type Sampling, startKubelets } from './kubelet/kubelets.ts'
import { createModel, type Model, type ModelOptions } from './model/model.ts'

export type ClusterOptions = ControlPlaneOptions &
  ModelOptions & {
    /** How kubelets sample: on their own (`cadvisor`), or when asked (`cri`). */
    sampling?: Sampling
    /** The scrape interval that the kubelets' own sampling is scaled to; 15 s by default. */
    intervalMs?: number
    /** Of every kubelet, each on an address of its own; 10250 by default. */
    kubeletPort?: number
    /** How long a kubelet remembers the review of a token, as long as real ones by default (2 min). */
    kubeletTokenCacheMs?: number
  }

/** A control plane with nodes behind it. */
export type Cluster = ControlPlane & { model: Model; kubelets: Kubelets }

/** Starts everything; what has started is stopped again when the rest fails. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const plane = await startControlPlane(options)
  const model = createModel(options)
  try {
    const kubelets = await startKubeletsOf(plane, model, options)
    model.publish(plane.apiserver.sink)
    const close = async () => {
      await kubelets.close()
      await plane.close()
    }
    return { ...plane, model, kubelets, close }
  } catch (error) {
    await plane.close()
    throw error
  }
}

function startKubeletsOf(plane: ControlPlane, model: Model, options: ClusterOptions): Promise<Kubelets> {
  const { sampling, intervalMs, kubeletPort } = options
  const { apiserver } = plane
  return startKubelets({
    model,
    pki: plane.clusterCa,
    tokenCacheMs: options.kubeletTokenCacheMs ?? 120_000,
    async reviewToken(token) {
      if (apiserver.outage() === 'down') throw new Error('the API server cannot be reached')
      const user = apiserver.tokens.lookUp(token)?.user
      return user
        ? { authenticated: true, user: user.name, groups: [...user.groups] }
        : { authenticated: false }
    },
    authorize(name, groups, subresource) {
      const attributes = { verb: 'get', resource: 'nodes', subresource }
      return apiserver.authorizer.authorize({ name, groups }, attributes).allowed
    },
    ...(sampling && { sampling }),
    ...(intervalMs !== undefined && { intervalMs }),
    ...(kubeletPort !== undefined && { port: kubeletPort }),
  })
}
