import type { JaegerSettings, TraceStorage } from '../../api/component-spec.ts';

export const JAEGER_DIRECTORY = '/var/lib/jaeger';
export const JAEGER_CREDENTIALS_DIRECTORY = '/etc/jaeger-credentials';
export const JAEGER_CA_DIRECTORY = '/etc/jaeger-ca';

/** The trace store of Jaeger's configuration: badger on a volume, or a server that the user runs. Secrets are read from files. */
export function traceStore({ storage, retention }: JaegerSettings): object {
  switch (storage.type) {
    case 'persistent':
    case 'ephemeral':
      return {
        badger: {
          ephemeral: false,
          consistency: false,
          directories: { keys: `${JAEGER_DIRECTORY}/badger/keys`, values: `${JAEGER_DIRECTORY}/badger/values` },
          ttl: { spans: retention },
        },
      };
    case 'opensearch':
    case 'elasticsearch':
      return { [storage.type]: search(storage, retention) };
    case 'cassandra':
      return { cassandra: cassandra(storage, retention) };
    case 'clickhouse':
      return {
        clickhouse: {
          addresses: storage.clickhouse?.addresses,
          database: storage.clickhouse?.database,
          auth: { basic: credentials() },
          create_schema: true,
        },
      };
    default:
      return storage.type satisfies never;
  }
}

function search({ search: settings, credentialsSecret, tls }: TraceStorage, retention: string): object {
  const index = { shards: settings?.shards, replicas: settings?.replicas };
  return {
    server_urls: settings?.urls,
    ...(credentialsSecret !== undefined && {
      auth: {
        basic: {
          username: `\${file:${JAEGER_CREDENTIALS_DIRECTORY}/username}`,
          // Jaeger watches this file, so a renewed password needs no restart.
          password_file: `${JAEGER_CREDENTIALS_DIRECTORY}/password`,
        },
      },
    }),
    ...(tls !== undefined && { tls: clientTls(tls) }),
    // How far back Jaeger looks for a trace by its id. A policy of the server deletes older ones.
    max_span_age: retention,
    indices: {
      ...(settings?.indexPrefix !== undefined && { index_prefix: settings.indexPrefix }),
      spans: index,
      services: index,
      dependencies: index,
      sampling: index,
    },
  };
}

function cassandra({ cassandra: settings, tls }: TraceStorage, retention: string): object {
  return {
    schema: {
      keyspace: settings?.keyspace,
      create: true,
      datacenter: settings?.datacenter,
      replication_factor: settings?.replicationFactor,
      trace_ttl: retention,
      dependencies_ttl: retention,
    },
    connection: {
      servers: settings?.servers,
      port: settings?.port,
      local_dc: settings?.datacenter,
      auth: { basic: credentials() },
      tls: tls === undefined ? { insecure: true } : clientTls(tls),
    },
  };
}

function credentials(): object {
  return {
    username: `\${file:${JAEGER_CREDENTIALS_DIRECTORY}/username}`,
    password: `\${file:${JAEGER_CREDENTIALS_DIRECTORY}/password}`,
  };
}

function clientTls({ caSecret, insecureSkipVerify }: NonNullable<TraceStorage['tls']>): object {
  return {
    ...(caSecret !== undefined && { ca_file: `${JAEGER_CA_DIRECTORY}/ca.crt` }),
    ...(insecureSkipVerify && { insecure_skip_verify: true }),
  };
}
