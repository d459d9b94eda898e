import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { Authority } from '../../../tools/cluster/certificates.ts';
import { type ApiRequest, isWrite, readRequest } from './api-request.ts';
import type { Fault, Rule } from './fault.ts';
import { relayWatch } from './relay-watch.ts';

/** A request that came by. */
export interface Passed {
  readonly request: ApiRequest;
  /** Milliseconds of the monotonic clock when it came. */
  readonly at: number;
  /** What the API server answered; 0 when it was not asked, or has not answered yet. */
  readonly status: number;
  /** What the client was told by us instead; undefined when it got the API server's answer. */
  readonly fault?: Fault['do'];
  /** Whether it changes an object: {@link isWrite}. */
  readonly write: boolean;
}

interface ActiveRule extends Rule {
  seen: number;
  struck: number;
}

/** A rule in force. */
export interface RuleHandle {
  /** Requests that it has struck so far. */
  readonly struck: number;
  remove(): void;
}

const HOP_HEADERS = ['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length'];

/** HTTPS in front of a real API server: passes everything on as it is, but for what rules say, and writes down what came by. */
export class FaultProxy {
  /** Called, and waited for, when a rule says `crash`. */
  onCrash: () => Promise<void> = async () => undefined;
  readonly passed: Passed[] = [];
  readonly #rules: ActiveRule[] = [];
  readonly #upstream: Agent;
  readonly #origin: string;
  readonly #label: string;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<ServerResponse>();
  #server: Server | undefined;
  #authority: Authority;
  #port = 0;

  /** @param label added to the user agent, by which the audit log tells the clients of two proxies apart. */
  constructor(origin: string, upstreamCa: string, authority: Authority, label: string) {
    this.#origin = origin;
    this.#label = label;
    this.#upstream = new Agent({ connect: { ca: upstreamCa }, connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
    this.#authority = authority;
  }

  /** `https://127.0.0.1:<port>` */
  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the port it had before if it had one. */
  async listen(): Promise<void> {
    const { certificate: cert, key } = await this.#authority.issue({
      subject: { commonName: 'fault-proxy' },
      names: ['127.0.0.1', 'localhost'],
    });
    const server = createServer({ cert, key }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    server.keepAliveTimeout = 120_000;
    server.on('secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Resets every connection and refuses new ones until {@link listen}: the API server is down. */
  async refuse(): Promise<void> {
    const closed = new Promise((resolve) => (this.#server === undefined ? resolve(undefined) : this.#server.close(resolve)));
    this.cutAll();
    await closed;
    this.#server = undefined;
  }

  /** Resets every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Ends every watch as the API server ends one, so that rules take hold of the next. A client takes it up again at once, where a cut
   * would have it back off, longer each time.
   */
  endWatches(): void {
    for (const response of this.#watches) response.end();
  }

  /** From the next connection on, the certificate is of another authority. */
  async trust(authority: Authority): Promise<void> {
    this.#authority = authority;
    await this.refuse();
    await this.listen();
  }

  add(rule: Rule): RuleHandle {
    const active: ActiveRule = { ...rule, seen: 0, struck: 0 };
    this.#rules.push(active);
    return {
      get struck() {
        return active.struck;
      },
      remove: () => {
        const index = this.#rules.indexOf(active);
        if (index !== -1) this.#rules.splice(index, 1);
      },
    };
  }

  /** Takes all rules away. Streams that a rule holds or changes stay as they are until they end. */
  clear(): void {
    this.#rules.length = 0;
  }

  async close(): Promise<void> {
    await this.refuse();
    await this.#upstream.destroy();
  }

  #faultFor(request: ApiRequest): Fault | undefined {
    for (const rule of this.#rules) {
      if (!rule.match(request)) continue;
      rule.seen += 1;
      if (rule.seen <= (rule.skip ?? 0) || rule.struck >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      rule.struck += 1;
      return typeof rule.fault === 'function' ? rule.fault(request) : rule.fault;
    }
    return undefined;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    const request = readRequest(incoming.method ?? 'GET', incoming.url ?? '/', body, incoming.headers.authorization);
    const fault = this.#faultFor(request);
    const entry: { -readonly [key in keyof Passed]: Passed[key] } = {
      request,
      at: performance.now(),
      status: 0,
      write: isWrite(request),
      ...(fault !== undefined && { fault: fault.do }),
    };
    this.passed.push(entry);
    switch (fault?.do) {
      case 'answer': {
        const text = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body);
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers }).end(text);
        return;
      }
      case 'cut':
        reset(incoming);
        return;
      case 'hang':
        return;
      case 'delay':
        await sleep(fault.ms);
        break;
      case 'crash':
        if (fault.when === 'before') {
          await this.onCrash();
          reset(incoming);
          return;
        }
        break;
      default:
        break;
    }
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await this.#forward(incoming, request, fault?.do === 'redirect' ? fault.url : request.url, gone.signal);
    entry.status = answer.statusCode;
    if (request.verb === 'watch' && answer.statusCode === 200) {
      response.writeHead(200, plainHeaders(answer.headers));
      this.#watches.add(response);
      response.once('close', () => this.#watches.delete(response));
      await relayWatch(answer.body, response, fault?.do === 'stream' ? fault : { do: 'stream' }, () => reset(incoming));
      gone.abort();
      return;
    }
    const text = await answer.body.text();
    if (fault?.do === 'crash') await this.onCrash();
    if (fault?.do === 'crash' || fault?.do === 'lose') {
      reset(incoming);
      return;
    }
    response
      .writeHead(answer.statusCode, plainHeaders(answer.headers))
      .end(fault?.do === 'rewrite' && answer.statusCode < 300 ? fault.edit(text) : text);
  }

  /** A write is carried out even when the client goes away meanwhile, as a real API server does once it has read the request. */
  #forward(incoming: IncomingMessage, request: ApiRequest, path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        value === undefined || HOP_HEADERS.includes(name) ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
      ),
    );
    headers['user-agent'] = `${incoming.headers['user-agent'] ?? ''}${this.#label && ` ${this.#label}`}`;
    delete headers['accept-encoding'];
    return this.#upstream.request({
      origin: this.#origin,
      path,
      method: request.method as Dispatcher.HttpMethod,
      headers,
      body: request.body === '' ? null : request.body,
      ...(request.verb === 'watch' && { signal }),
    });
  }
}

function reset(incoming: IncomingMessage): void {
  incoming.socket.destroy();
}

function plainHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined || HOP_HEADERS.includes(name) ? [] : [[name, value]])),
  );
}
