import { stringify } from 'yaml';

const EXISTS = [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }];
const LIVES = [{ key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' }];

/** Go templates of kwok, with its functions Now and Quote. */
const NODE_STATUS = `conditions:
- {type: Ready, status: "True", reason: KubeletReady, message: played by kwok, lastHeartbeatTime: {{ Now | Quote }}, lastTransitionTime: {{ Now | Quote }}}
phase: Running
`;

const POD_STATUS = `phase: Running
startTime: {{ Now | Quote }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ Now | Quote }}}
- {type: ContainersReady, status: "True", lastTransitionTime: {{ Now | Quote }}}
- {type: Ready, status: "True", lastTransitionTime: {{ Now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  restartCount: 0
  state: {running: {startedAt: {{ Now | Quote }}}}
{{ end }}
`;

function stage(name: string, kind: string, matchExpressions: readonly object[], next: object): string {
  return stringify({
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions }, next },
  });
}

/** kwok's configuration: a node is Ready and stays so, a pod is Ready at once, and one that is being deleted goes at once. */
export function fakeNodeStages(): string {
  const notReady = { key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: 'NotIn', values: ['True'] };
  const pending = { key: '.status.phase', operator: 'In', values: ['Pending'] };
  return [
    stage('node-ready', 'Node', [...LIVES, notReady], { statusTemplate: NODE_STATUS }),
    stage('pod-ready', 'Pod', [...LIVES, pending], { statusTemplate: POD_STATUS }),
    stage('pod-gone', 'Pod', EXISTS, { delete: true }),
  ].join('---\n');
}
