import { getJson } from './get-json.ts';

/** One series of an instant query's answer. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The HTTP API of one Prometheus. */
export class PrometheusClient {
  readonly #url: string;

  /** `url` without a trailing slash, for example `http://127.0.0.1:9090`. */
  constructor(url: string) {
    this.#url = url;
  }

  /** The samples of an instant query (a scalar is one without labels). Throws Error with Prometheus' own message for a wrong expression. */
  async query(expr: string): Promise<readonly Sample[]> {
    const body = await getJson(`${this.#url}/api/v1/query?${new URLSearchParams({ query: expr })}`, `Prometheus query ${expr}`);
    const { data } = body as { data: { resultType: string; result: unknown } };
    if (data.resultType === 'scalar') return [{ labels: {}, value: Number((data.result as [number, string])[1]) }];
    const result = data.result as readonly { metric: Record<string, string>; value: [number, string] }[];
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }
}
