import { describe, expect, it } from '@jest/globals';
import { type InjectionSettings, settingsOf } from '../../../../src/inject/wishes/settings.ts';
import { namespaceObject, workload } from '../../../support/workloads/injection.ts';

function settings(
  onWorkload: Record<string, string>,
  onTemplate: Record<string, string> = {},
  onNamespace: Record<string, string> = {},
): InjectionSettings {
  return settingsOf(workload({ annotations: onWorkload, templateMetadata: { annotations: onTemplate } }), namespaceObject(onNamespace));
}

const B = 'duotel.io/backend';

describe('the settings of a workload', () => {
  it.each<[string, Record<string, string>, Record<string, string>, Record<string, string>, string]>([
    ['nothing anywhere', {}, {}, {}, 'absent'],
    ['workload', { [B]: 'both' }, {}, {}, 'both'],
    ['pod template', {}, { [B]: 'openlit' }, {}, 'openlit'],
    ['namespace', {}, {}, { [B]: 'openinference' }, 'openinference'],
    ['workload over namespace', { [B]: 'both' }, {}, { [B]: 'openlit' }, 'both'],
    ['workload over pod template', { [B]: 'both' }, { [B]: 'openlit' }, {}, 'both'],
    ['pod template over namespace', {}, { [B]: 'both' }, { [B]: 'openlit' }, 'both'],
    ['none on the workload under a namespace default', { [B]: 'none' }, {}, { [B]: 'both' }, 'optedOut'],
    ['none on the pod template against the workload', { [B]: 'both' }, { [B]: 'none' }, {}, 'optedOut'],
    ['none on the namespace against the workload', { [B]: 'both' }, {}, { [B]: 'none' }, 'optedOut'],
    ['none beside a mistake', { [B]: 'none', 'duotel.io/bootstrp': 'python' }, {}, {}, 'optedOut'],
    ['other annotations without a backend', { 'duotel.io/bootstrap': 'python' }, {}, {}, 'absent'],
    ['a bad value without a backend', { 'duotel.io/bootstrap': 'pyton' }, {}, {}, 'absent'],
    ['spaces around the value', { [B]: ' both ' }, {}, {}, 'both'],
  ])('%s', (_, onWorkload, onTemplate, onNamespace, expected) => {
    const found = settings(onWorkload, onTemplate, onNamespace);
    expect(found.kind === 'active' ? found.backend : found.kind).toBe(expected);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'duotel.io/backend',
      { [B]: 'bth' },
      'duotel.io/backend on Deployment my-rag is "bth", expected openinference, openlit, both or none. Did you mean "both"?',
    ],
    ['duotel.io/backend', { [B]: '' }, 'duotel.io/backend on Deployment my-rag is "", expected openinference, openlit, both or none.'],
    [
      'a misspelt key',
      { 'duotel.io/bakend': 'both' },
      '"duotel.io/bakend" on Deployment my-rag is not an annotation of duotel. Did you mean "duotel.io/backend"?',
    ],
    ['bootstrap', { [B]: 'both', 'duotel.io/bootstrap': 'pyhton' }, 'Did you mean "python"?'],
    ['capture-content', { [B]: 'both', 'duotel.io/capture-content': 'yes' }, 'is "yes", expected true or false.'],
    ['containers', { [B]: 'both', 'duotel.io/containers': 'app,,web' }, 'expected names of containers separated by commas, or *'],
    ['service-name', { [B]: 'both', 'duotel.io/service-name': ' ' }, 'expected a text of 1 to 255 printable characters'],
    ['stack', { [B]: 'both', 'duotel.io/stack': 'a/b/c' }, 'expected [namespace/]name of a TelemetryStack'],
  ])('refuse a mistake in %s, and say what is right', (_, annotations, message) => {
    const found = settings(annotations);
    expect(found).toMatchObject({ kind: 'refused', reason: 'InvalidAnnotation', message: expect.stringContaining(message) });
  });

  it('are none of the digest on the pods of a stack, which somebody has copied from there', () => {
    expect(settings({}, { 'duotel.io/config-hash': 'f00d' }).kind).toBe('absent');
    expect(settings({ [B]: 'both' }, { 'duotel.io/config-hash': 'f00d' }).kind).toBe('active');
  });

  it('quote no more than the beginning of a value, which may be a secret pasted into the wrong place', () => {
    const found = settings({ [B]: 'x'.repeat(5000) });
    expect(found.kind === 'refused' ? found.message.length : 0).toBeLessThan(300);
  });

  it('come from several places together', () => {
    const found = settings(
      { 'duotel.io/containers': 'a, b,a' },
      {},
      { [B]: 'both', 'duotel.io/bootstrap': 'python', 'duotel.io/stack': 'obs/main' },
    );
    expect(found).toEqual({
      kind: 'active',
      backend: 'both',
      bootstrap: 'python',
      containers: ['a', 'b'],
      stack: 'obs/main',
      captureContent: false,
      notes: [],
    });
  });

  it('carry a note for each annotation on the pod template', () => {
    expect(settings({}, { [B]: 'both' })).toMatchObject({ notes: [{ reason: 'AnnotationOnPodTemplate', level: 'note' }] });
  });
});
