import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its private key, both as PEM. */
export interface Credential {
  readonly certificate: string;
  readonly key: string;
}

export interface Subject {
  readonly commonName: string;
  /** Kubernetes reads a client certificate's organization as its group. */
  readonly organization?: string;
}

export interface CertificateRequest {
  readonly subject: Subject;
  /** DNS names and IP addresses that a server answers for. */
  readonly names?: readonly string[];
}

/** A certificate authority for one cluster's life; its key is not kept after the certificates are made. */
export interface Authority {
  /** PEM of the authority's own certificate. */
  readonly certificate: string;
  issue(request: CertificateRequest): Credential;
}

const DAY_MS = 86_400_000;
/** Test clusters live hours; a month leaves room for one that somebody keeps. */
const VALID_DAYS = 30;

/**
 * Makes a certificate authority in process. X.509 v3 (RFC 5280) in DER with ECDSA P-256 and SHA-256: a page of code in place of
 * an OpenSSL that may be missing, old, or LibreSSL, and 2 ms a certificate.
 */
export function createAuthority(commonName: string, now: Date = new Date()): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { commonName };
  const keyId = keyIdentifier(keys.publicKey);
  // basicConstraints CA:TRUE and keyUsage keyCertSign+cRLSign, both critical: Go refuses issuers without them.
  const extensions = [
    extension('2.5.29.19', true, sequence(boolean(true))),
    extension('2.5.29.15', true, tlv(0x03, Buffer.from([1, 0x06]))),
    extension('2.5.29.14', false, tlv(0x04, keyId)),
  ];
  const certificate = signed({ subject, issuer: subject, publicKey: keys.publicKey, signer: keys.privateKey, extensions, now });
  return {
    certificate,
    issue: ({ subject: leaf, names = [] }) => {
      const leafKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const leafExtensions = [
        ...(names.length === 0 ? [] : [extension('2.5.29.17', false, sequence(...names.map(generalName)))]),
        // By which key it is signed: Python from 3.13 on refuses a certificate that does not say it (VERIFY_X509_STRICT).
        extension('2.5.29.35', false, sequence(tlv(0x80, keyId))),
      ];
      return {
        certificate: signed({
          subject: leaf,
          issuer: subject,
          publicKey: leafKeys.publicKey,
          signer: keys.privateKey,
          extensions: leafExtensions,
          now,
        }),
        key: pem(leafKeys.privateKey),
      };
    },
  };
}

/** A signing key pair for service-account tokens, as PEM. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey: pem(keys.privateKey), publicKey: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

interface ToSign {
  readonly subject: Subject;
  readonly issuer: Subject;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly now: Date;
}

function signed({ subject, issuer, publicKey, signer, extensions, now }: ToSign): string {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and no leading zero byte
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, serial),
    algorithm,
    name(issuer),
    // An hour of slack: the clock may be set back between two commands.
    sequence(time(new Date(now.getTime() - 3_600_000)), time(new Date(now.getTime() + VALID_DAYS * DAY_MS))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', body, signer);
  const der = sequence(body, algorithm, tlv(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return new X509Certificate(der).toString();
}

/** SHA-1 of the key's bits (RFC 5280, 4.2.1.2): a name, not a protection. */
function keyIdentifier(key: KeyObject): Buffer {
  // The bits of an uncompressed P-256 point, 65 bytes, end the structure.
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }).subarray(-65))
    .digest();
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** One DER element: tag, length, content. */
function tlv(tag: number, content: Uint8Array): Buffer {
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

function sequence(...items: readonly Uint8Array[]): Buffer {
  return tlv(0x30, Buffer.concat(items));
}

function boolean(value: boolean): Buffer {
  return tlv(0x01, Buffer.from([value ? 0xff : 0]));
}

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let high = arc >> 7; high > 0; high >>= 7) digits.unshift((high & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tlv(0x06, Buffer.from(bytes));
}

function name({ commonName, organization }: Subject): Buffer {
  const part = (id: string, value: string) => tlv(0x31, sequence(objectId(id), tlv(0x0c, Buffer.from(value))));
  return sequence(...(organization === undefined ? [] : [part('2.5.4.10', organization)]), part('2.5.4.3', commonName));
}

/** UTCTime `YYMMDDHHMMSSZ`, which RFC 5280 asks for up to 2049. */
function time(date: Date): Buffer {
  return tlv(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), tlv(0x04, value));
}

/** subjectAltName entry: an IPv4 address as four bytes, else a DNS name. */
function generalName(value: string): Buffer {
  if (isIP(value) === 4) return tlv(0x87, Buffer.from(value.split('.').map(Number)));
  return tlv(0x82, Buffer.from(value));
}
