import type { ServedRuntime } from './runtime.ts';

const MOUNT_PATH = '/duotel/python';
const ALL = ['openinference', 'openlit', 'both'] as const;
const OPENLIT = ['openlit', 'both'] as const;
const OPENINFERENCE = ['openinference', 'both'] as const;

/** See bootstrap/python/README.md. */
export const PYTHON: ServedRuntime = {
  id: 'python',
  title: 'Python',
  served: true,
  mountPath: MOUNT_PATH,
  files: [
    'sitecustomize.py',
    'duotel_bootstrap/__init__.py',
    'duotel_bootstrap/config.py',
    'duotel_bootstrap/flush.py',
    'duotel_bootstrap/fork.py',
    'duotel_bootstrap/imports.py',
    'duotel_bootstrap/log.py',
    'duotel_bootstrap/openinference_producer.py',
    'duotel_bootstrap/openlit_libraries.py',
    'duotel_bootstrap/openlit_producer.py',
    'duotel_bootstrap/privacy.py',
    'duotel_bootstrap/providers.py',
    'duotel_bootstrap/spans.py',
    'duotel_bootstrap-0.1.0.dist-info/METADATA',
    'duotel_bootstrap-0.1.0.dist-info/entry_points.txt',
    'pricing.json',
  ],
  variables: [
    { kind: 'path', name: 'PYTHONPATH', value: MOUNT_PATH, separator: ':', why: 'Python loads sitecustomize.py from here at start' },
  ],
  // https://github.com/open-telemetry/opentelemetry-python/issues/4044
  timeoutUnit: 'seconds',
  harmlessElsewhere: true,
  needs: [
    { name: 'opentelemetry-sdk' },
    { name: 'opentelemetry-exporter-otlp-proto-http', note: 'or `-grpc`, as `spec.injection.protocol` says' },
    { name: 'openlit', versions: '>=1.40', modes: OPENLIT },
    { name: 'openinference-instrumentation-<library>', modes: OPENINFERENCE, note: 'one for each library' },
  ],
  log: {
    facts: [
      { fact: 'setting up', lines: ['setting up observability with backend {backend}'], modes: ALL },
      { fact: 'custom metrics initialized', lines: ['meter provider set: '], modes: ALL },
      { fact: 'OpenLIT as OTLP producer', lines: ['OpenLIT starting as OTLP producer'], modes: OPENLIT },
      { fact: 'OpenLIT active, token metrics enabled', lines: ['OpenLIT {version} active: token metrics enabled'], modes: OPENLIT },
      {
        fact: 'OpenInference as OTLP producer',
        lines: ['OpenInference starting as OTLP producer', 'OpenInference starting as additional OTLP producer'],
        modes: OPENINFERENCE,
      },
      { fact: 'OpenInference instrumentation enabled', lines: ['OpenInference instrumentation enabled: '], modes: OPENINFERENCE },
      { fact: 'setup complete, DUAL MODE', lines: ['setup complete, DUAL MODE'], modes: ['both'] },
      {
        fact: 'setup complete',
        lines: ['setup complete, OPENLIT MODE', 'setup complete, OPENINFERENCE MODE'],
        modes: ['openlit', 'openinference'],
      },
    ],
    trouble: ['not started', 'nothing started', 'not active', 'failed'],
  },
};
