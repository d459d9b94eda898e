import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { exampleObjects, ragPythonObjects, restrictedNamespace, yamlStream } from '../../../../tools/demo/manifests.ts';

describe("the example's manifests", () => {
  const objects = exampleObjects('rag-python', 'demo', 'local/rag:dev');

  it('are placed in the namespace, with the image that the cluster has', () => {
    expect(objects.map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace])).toEqual([
      ['Deployment', 'my-rag', 'demo'],
      ['Service', 'my-rag', 'demo'],
    ]);
    expect(objects[0]).toMatchObject({ spec: { template: { spec: { containers: [{ image: 'local/rag:dev' }] } } } });
  });

  it('can have another name and run another of its programs', () => {
    const [deployment, service] = ragPythonObjects('demo', 'local/rag:dev', { name: 'self-rag', program: 'self_setup.py' });
    expect(JSON.stringify([deployment, service])).not.toContain('my-rag');
    expect(deployment).toMatchObject({
      metadata: { name: 'self-rag' },
      spec: { template: { spec: { containers: [{ args: ['self_setup.py'] }] } } },
    });
    expect(service).toMatchObject({ metadata: { name: 'self-rag' }, spec: { selector: { 'app.kubernetes.io/name': 'self-rag' } } });
  });

  it('say nothing of telemetry', () => {
    expect(JSON.stringify(objects)).not.toMatch(/OTEL|duotel/);
  });

  it('travel as one stream that reads back the same', () => {
    const all = [restrictedNamespace('demo'), ...objects];
    expect(parseAllDocuments(yamlStream(all)).map((document) => document.toJS())).toEqual(all);
  });
});
