import type { Plugin } from 'esbuild';

/**
 * Leaves out of client-node what reads the credentials of people: the operator has those of its pod, or a kubeconfig with a token,
 * certificates or an exec plugin. `duotel operator` takes any.
 */
export const credentialsOfPods: Plugin = {
  name: 'credentials of pods',
  setup({ onLoad, onResolve }) {
    for (const [file, { name, provider }] of Object.entries(PROVIDERS))
      onLoad({ filter: new RegExp(`client-node/dist/${file}\\.js$`) }, () => ({
        contents: `export class ${name} {
          isAuthProvider(user) { return user?.authProvider?.name === '${provider}'; }
          async applyAuthentication() { ${refusal(`the auth provider "${provider}"`)} }
        }`,
      }));
    onResolve({ filter: /^(hpagent|socks|socks-proxy-agent)$/ }, () => ({ path: 'proxies', namespace: 'refused' }));
    onLoad({ filter: /^proxies$/, namespace: 'refused' }, () => ({
      contents: ['HttpProxyAgent', 'HttpsProxyAgent', 'SocksClient', 'SocksProxyAgent']
        .map((name) => `export class ${name} { constructor() { ${refusal('a proxy-url')} } }`)
        .join('\n'),
    }));
  },
};

const PROVIDERS = {
  azure_auth: { name: 'AzureAuth', provider: 'azure' },
  gcp_auth: { name: 'GoogleCloudPlatformAuth', provider: 'gcp' },
  oidc_auth: { name: 'OpenIDConnectAuth', provider: 'oidc' },
} as const;

function refusal(what: string): string {
  return `throw new Error(${JSON.stringify(`the kubeconfig has ${what}, which the operator's program does not know: run \`duotel operator\``)});`;
}
