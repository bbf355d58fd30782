import { expect } from 'chai'
import { createCluster, shareOf } from '../compare/model.ts'
import { placesOf } from '../compare/questions.ts'

const size = { nodes: 50, podsPerNode: 20, containers: 2, seed: 7, beganMs: Date.now() - 300_000 }

describe('the cluster of a comparison', () => {
  it('is the same in every process that makes it', () => {
    const [one, other] = [createCluster(size), createCluster(size)]
    const podsOf = (model: typeof one) =>
      model.pods().map(({ namespace, name, node, uid }) => [namespace, name, node, uid])
    expect(podsOf(one)).to.deep.equal(podsOf(other))
    expect(one.pods()).to.have.length(size.nodes * size.podsPerNode)
  })

  it('has the shapes that are asked for', () => {
    const model = createCluster(size)
    const { pods, big, deployment, dense } = placesOf(model)
    expect(pods).to.equal(1_000)
    expect(deployment.pods).to.equal(40)
    expect(dense.pods).to.equal(2)
    expect(big.pods).to.be.greaterThan(big.selected)
    expect(big.selected).to.be.within(1, 50)
    const counts = model.pods().map(({ namespace, containers }) => [namespace, containers.length])
    expect(counts.every(([namespace, count]) => count === (namespace === dense.namespace ? 10 : 2))).to.equal(
      true,
    )
  })

  it('gives each node to one kubelet process', () => {
    const model = createCluster(size)
    const shares = [0, 1, 2].flatMap((index) => shareOf(model, { index, of: 3 }).map(({ name }) => name))
    expect(shares.toSorted()).to.deep.equal(
      model
        .nodes()
        .map(({ name }) => name)
        .toSorted(),
    )
  })
})
