import type { KubeConfig } from '@kubernetes/client-node';

/** How to reach an API server and who we are there. */
export interface Credentials {
  /** For example `https://10.96.0.1:443`. */
  readonly server: string;
  /** The namespace of the context, or of our pod. */
  readonly namespace: string;
  /**
   * What a connection and a request need now. It is read again for each request, so that a rotated token or certificate is used at once.
   */
  current(): Promise<ConnectionSecrets>;
  /** Reads everything again, with the kubeconfig itself, when the server has refused what we have. Does not throw. */
  refresh?(): Promise<void>;
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
    throw new Error(`kubeconfig ${file} can not be read: ${withoutExcerpt(error)}`);
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

/** How often we look at rotated files. A request or two with the old ones does no harm: both are good for a while. */
const FRESH_MS = 1000;

/**
 * Credentials by the rules of client-node's KubeConfig: exec plugins, OIDC, client certificates, in-cluster token and CA.
 * @throws Error naming the kubeconfig and the context that is missing.
 */
export async function loadCredentials(source: CredentialsSource = {}): Promise<Credentials> {
  let config = await loadKubeConfig(source);
  const cluster = config.getCurrentCluster();
  // client-node's fallback when it finds nothing.
  if (cluster === null || cluster.server === 'http://localhost:8080') {
    throw new Error('no cluster to talk to: set KUBECONFIG or pass --kubeconfig FILE, with a current context that names a cluster');
  }
  let known: { readonly secrets: Promise<ConnectionSecrets>; readonly at: number } | undefined;
  return {
    server: cluster.server.replace(/\/$/, ''),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    current() {
      // Shared by requests that start together: an exec plugin runs once for all of them.
      if (known === undefined || performance.now() - known.at > FRESH_MS) {
        const secrets = connectionSecrets(config);
        const entry = { secrets, at: performance.now() };
        known = entry;
        secrets.catch(() => {
          if (known === entry) known = undefined;
        });
      }
      return known.secrets;
    },
    async refresh() {
      try {
        // A new KubeConfig has none of the tokens that the old one remembers.
        config = await loadKubeConfig(source);
      } catch {
        // Half-written: we try what we have, and read it again.
      }
      known = undefined;
    },
  };
}

async function connectionSecrets(config: KubeConfig): Promise<ConnectionSecrets> {
  const options: Parameters<KubeConfig['applyToHTTPSOptions']>[0] = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    const user = config.getCurrentUser()?.name ?? '';
    throw isOfParser(error) ? new Error(`credentials of user "${user}" can not be read: ${withoutExcerpt(error)}`) : error;
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const tls = { ca, cert, key, servername, rejectUnauthorized };
  return { tls: Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)), headers };
}

/** js-yaml's error, and the engine's for JSON: their messages quote the text around the place. */
function isOfParser(error: unknown): error is Error {
  return error instanceof Error && (error.name === 'YAMLException' || error.name === 'SyntaxError');
}

/** Where a parser stopped, without the text that it had read there: tokens and keys. Other errors in their own words. */
function withoutExcerpt(error: unknown): string {
  if (!isOfParser(error)) return error instanceof Error ? error.message : String(error);
  if (error.name === 'SyntaxError') return 'what its plugin printed, or what its token holds, is no JSON';
  const { line, column } = (error as { readonly mark?: { readonly line: number; readonly column: number } }).mark ?? {};
  return `it is no YAML${line === undefined || column === undefined ? '' : `, line ${line + 1}, column ${column + 1}`}`;
}
