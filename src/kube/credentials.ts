import type { KubeConfig } from '@kubernetes/client-node';

/** How to reach an API server and who we are there. */
export interface Credentials {
  /** For example `https://10.96.0.1:443`. */
  readonly server: string;
  /** The namespace of the context, or of our pod. */
  readonly namespace: string;
  /** What a connection and a request need now; read again for each request, so that a rotated token or certificate is used at once. */
  current(): Promise<ConnectionSecrets>;
}

export interface ConnectionSecrets {
  readonly tls: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
  readonly headers: Readonly<Record<string, string>>;
}

export interface CredentialsSource {
  /** Path of a kubeconfig. Default: KUBECONFIG, then ~/.kube/config, then the service account of the pod. */
  readonly kubeconfig?: string;
  /** Context in it. Default: its current one. */
  readonly context?: string;
}

/**
 * The kubeconfig, with its context chosen.
 * The library is loaded here and nowhere else: its generated models take a third of a second, and most commands and tests need none.
 * @throws Error naming the kubeconfig and the context that is missing.
 */
export async function loadKubeConfig(source: CredentialsSource = {}): Promise<KubeConfig> {
  const { KubeConfig: Config } = await import('@kubernetes/client-node/dist/config.js');
  const config: KubeConfig = new Config();
  try {
    if (source.kubeconfig !== undefined) config.loadFromFile(source.kubeconfig);
    else config.loadFromDefault();
  } catch (error) {
    const file = source.kubeconfig ?? process.env['KUBECONFIG'] ?? '~/.kube/config';
    throw new Error(`kubeconfig ${file} can not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (source.context !== undefined) {
    const names = config.getContexts().map((context) => context.name);
    if (!names.includes(source.context)) {
      throw new Error(
        `kubeconfig has no context "${source.context}": it has ${names.join(', ') || 'none'}; choose one of these with --context`,
      );
    }
    config.setCurrentContext(source.context);
  }
  return config;
}

/**
 * Credentials by the rules of client-node's KubeConfig: exec plugins, OIDC, client certificates, in-cluster token and CA.
 * @throws Error naming the kubeconfig and the context that is missing.
 */
export async function loadCredentials(source: CredentialsSource = {}): Promise<Credentials> {
  const config = await loadKubeConfig(source);
  const cluster = config.getCurrentCluster();
  // What client-node falls back to when it finds nothing.
  if (cluster === null || cluster.server === 'http://localhost:8080') {
    throw new Error('no cluster to talk to: set KUBECONFIG or pass --kubeconfig FILE, with a current context that names a cluster');
  }
  return {
    server: cluster.server.replace(/\/$/, ''),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    async current() {
      const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
      await config.applyToHTTPSOptions(options);
      const { ca, cert, key, servername, rejectUnauthorized } = options;
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
      if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
      const tls = { ca, cert, key, servername, rejectUnauthorized };
      return { tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)), headers };
    },
  };
}
