import { Command, InvalidArgumentError, Option } from 'commander'
import { serviceAccounts } from './apiserver/bootstrap-policy.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { startChurn } from './model/churn.ts'

type Flags = {
  nodes: number
  podsPerNode: number
  sampling: 'cadvisor' | 'cri'
  seed?: number
  churn: number
  aggregatorRouting: boolean
  metricsServerPort: number
}

const program = new Command('sim')
  .description('A simulated cluster: API server, aggregation layer and kubelets, until Ctrl-C')
  .option('--nodes <n>', 'how many nodes', natural, 20)
  .option('--pods-per-node <n>', 'pods on each node', natural, 30)
  .addOption(
    new Option('--sampling <model>', 'how kubelets sample').choices(['cadvisor', 'cri']).default('cadvisor'),
  )
  .option('--seed <n>', 'repeats the cluster of this seed', natural)
  .option('--churn <n>', 'restarts, replacements and moves of pods a minute', natural, 0)
  .option(
    '--aggregator-routing',
    'send each request to a random endpoint, as --enable-aggregator-routing',
    false,
  )
  .option('--metrics-server-port <port>', 'where metrics.k8s.io is to be served on 127.0.0.1', natural, 4443)
  .parse()
await run(program.opts<Flags>())

function natural(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('a whole number is expected.')
  return Number(value)
}

async function run(flags: Flags): Promise<void> {
  const { metricsServerPort, churn, ...options } = flags
  const stopped = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve)
  })
  const cluster = await startCluster(options)
  const { apiserver, model } = cluster
  const service = { namespace: 'kube-system', name: 'metrics-server' }
  apiserver.setEndpoints(service.namespace, service.name, [{ port: metricsServerPort }])
  apiserver.registerApiService({ group: 'metrics.k8s.io', version: 'v1beta1', service })
  const churning = churn > 0 ? startChurn(model, { perMinute: churn }) : undefined
  process.stdout.write(howTo(cluster, metricsServerPort))
  await stopped
  churning?.stop()
  await cluster.close()
}

function howTo(cluster: Cluster, port: number): string {
  const { model, kubeconfigPath, caPath, dir } = cluster
  const account = cluster.serviceAccountKubeconfig(serviceAccounts.metricsServer)
  return `${model.nodes().length} nodes with ${model.pods().length} pods at ${cluster.url}, seed ${model.seed}

  export KUBECONFIG=${kubeconfigPath}
  kubectl get nodes

To have metrics-server serve them:

  metrics-server --kubeconfig=${account} \\
    --authentication-kubeconfig=${account} \\
    --authorization-kubeconfig=${account} \\
    --kubelet-certificate-authority=${caPath} \\
    --kubelet-preferred-address-types=InternalIP --metric-resolution=15s \\
    --bind-address=127.0.0.1 --secure-port=${port} --cert-dir=${dir}
  kubectl top nodes

Ctrl-C ends the cluster and removes ${dir}
`
}
