import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import type { GrafanaSettings } from '../api/component-spec.ts';
import { componentName, grafanaAdminSecret, objectLabels, PORT } from '../api/names.ts';
import { Component } from './component.ts';
import { DASHBOARDS_DIRECTORY, grafanaDashboardProviders, grafanaDataSources, sidecarDataSources } from './config/grafana.ts';
import { configFile, configHash } from './config-file.ts';
import { dashboardFiles } from './dashboards/files.ts';
import { Routes } from './routes.ts';
import { secretFiles } from './secret-files.ts';
import type { StackInput } from './stack-input.ts';

const ADMIN_DIRECTORY = '/etc/duotel/admin';
const DATA_DIRECTORY = '/var/lib/grafana';
const DATABASE_DIRECTORY = '/etc/duotel/database';

/**
 * No request leaves the cluster, nothing is installed at start. Grafana 13 updates its bundled Prometheus and Jaeger plugins from the
 * network at start, and with a read-only root file system loses them: grafana/grafana#132528.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_AUTH_ANONYMOUS_ENABLED: 'false',
  GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${DASHBOARDS_DIRECTORY}/llm-overview.json`,
  GF_LOG_MODE: 'console',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_SECURITY_ADMIN_PASSWORD__FILE: `${ADMIN_DIRECTORY}/admin-password`,
  GF_SECURITY_ADMIN_USER__FILE: `${ADMIN_DIRECTORY}/admin-user`,
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_UNIFIED_STORAGE_INDEX_PATH: `${DATA_DIRECTORY}/unified-search/bleve`,
};

/** Grafana with data sources and dashboards, or their ConfigMaps for the sidecar of another Grafana, or nothing: `spec.grafana.mode`. */
export class Grafana extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'grafana');
    const { mode } = input.spec.grafana;
    if (mode === 'none') return;
    const dashboards = this.dashboards(input);
    if (mode === 'sidecar') this.dataSources(input);
    else this.server(input, dashboards);
  }

  /** One ConfigMap a dashboard: `kubectl apply` refuses an object of more than 256 KiB. The label is the one that Grafana's sidecar looks for. */
  private dashboards(input: StackInput): readonly { readonly name: string; readonly file: string }[] {
    return Object.entries(dashboardFiles()).map(([slug, text]) => {
      const name = `${input.name}-dashboard-${slug}`;
      const file = `${slug}.json`;
      const labels = { ...objectLabels(input.name, 'grafana'), grafana_dashboard: '1' };
      new KubeConfigMap(this, `dashboard-${slug}`, { metadata: { name, labels }, data: { [file]: text } });
      return { name, file };
    });
  }

  /** Under names of the stack: the other Grafana has data sources of its own. */
  private dataSources(input: StackInput): void {
    const name = `${input.name}-datasources`;
    const labels = { ...objectLabels(input.name, 'grafana'), grafana_datasource: '1' };
    new KubeConfigMap(this, 'datasources', {
      metadata: { name, labels },
      data: { [`${name}.yaml`]: configFile(sidecarDataSources(input, input.spec)) },
    });
  }

  private server(input: StackInput, dashboards: readonly { readonly name: string; readonly file: string }[]): void {
    const { grafana, imagePullSecrets = [] } = input.spec;
    const name = componentName(input.name, 'grafana');
    const files = {
      'datasources.yaml': configFile(grafanaDataSources(input, input.spec)),
      'dashboards.yaml': configFile(grafanaDashboardProviders()),
    };
    new KubeConfigMap(this, 'config', { metadata: { name, labels: objectLabels(input.name, 'grafana') }, data: files });
    const provisioning = (kind: 'datasources' | 'dashboards') => ({
      name: kind,
      path: `/etc/grafana/provisioning/${kind}`,
      source: { configMap: { name, items: [{ key: `${kind}.yaml`, path: 'duotel.yaml' }] } },
    });
    const password = grafana.database === undefined ? [] : [{ file: 'password', secret: grafana.database.passwordSecret }];
    new Component(this, {
      stack: input.name,
      component: 'grafana',
      image: grafana.image,
      pod: grafana,
      replicas: grafana.replicas,
      service: grafana.service,
      imagePullSecrets,
      env: Object.entries({ ...SETTINGS, ...ownSettings(grafana) }).map(([key, value]) => ({ name: key, value })),
      ports: [{ name: 'http', port: PORT.grafana, appProtocol: 'http' }],
      health: { port: PORT.grafana, live: '/api/health', ready: '/api/health' },
      user: 472,
      // Without a volume of its own, Grafana still writes an index, sessions of plugins and the like.
      ...(grafana.database === undefined
        ? { data: { path: DATA_DIRECTORY, storage: grafana.storage } }
        : { scratch: { path: DATA_DIRECTORY, size: grafana.storage.size } }),
      config: [
        provisioning('datasources'),
        provisioning('dashboards'),
        {
          name: 'dashboard-files',
          path: DASHBOARDS_DIRECTORY,
          source: {
            projected: { sources: dashboards.map(({ name, file }) => ({ configMap: { name, items: [{ key: file, path: file }] } })) },
          },
        },
        { name: 'admin', path: ADMIN_DIRECTORY, source: { secret: { secretName: grafanaAdminSecret(input.name) } } },
        ...secretFiles('database', DATABASE_DIRECTORY, password),
      ],
      configHash: configHash(files),
      terminationGracePeriodSeconds: 30,
    });
    new Routes(this, input.name, 'grafana', grafana, PORT.grafana);
  }
}

/** Settings that depend on the spec. */
function ownSettings({ database, ingress }: GrafanaSettings): Readonly<Record<string, string>> {
  return {
    ...(database !== undefined && {
      GF_DATABASE_TYPE: 'postgres',
      GF_DATABASE_HOST: database.host,
      GF_DATABASE_NAME: database.name,
      GF_DATABASE_USER: database.user,
      GF_DATABASE_PASSWORD__FILE: `${DATABASE_DIRECTORY}/password`,
      GF_DATABASE_SSL_MODE: database.sslMode,
    }),
    // Links in mails and redirects after a login name the host that people see. A wildcard is none: Grafana then goes by the request's.
    ...(ingress !== undefined &&
      !ingress.host.startsWith('*') && {
        GF_SERVER_ROOT_URL: `${ingress.tlsSecretName === undefined ? 'http' : 'https'}://${ingress.host}/`,
      }),
  };
}
