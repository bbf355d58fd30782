/** As kubectl and VPA ask, and as an HPA does: the latter is let in by a SubjectAccessReview. */
export const admin = { user: 'bench', groups: ['system:masters'] }
export const hpa = { user: 'system:serviceaccount:kube-system:horizontal-pod-autoscaler' }
