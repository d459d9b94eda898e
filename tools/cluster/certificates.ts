import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
// First: the library's container of classes looks for it when it is loaded.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

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
  issue(request: CertificateRequest): Promise<Credential>;
}

const DAY_MS = 86_400_000;
/** Test clusters live hours; a month leaves room for one that somebody keeps. */
const VALID_DAYS = 30;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes a certificate authority in process: no OpenSSL is needed, which may be missing, old, or LibreSSL. */
export async function createAuthority(commonName: string, now: Date = new Date()): Promise<Authority> {
  const keys = await newKeys();
  const common = {
    // An hour of slack: the clock may be set back between two commands.
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
  };
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...common,
    name: nameOf({ commonName }),
    keys,
    extensions: [
      // Go refuses issuers without these two, critical.
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // By which key it is signed: Python from 3.13 on refuses a certificate that does not say it (VERIFY_X509_STRICT).
  const signedBy = await AuthorityKeyIdentifierExtension.create(keys.publicKey);
  return {
    certificate: pem('CERTIFICATE', authority.rawData),
    issue: async ({ subject, names = [] }) => {
      const { publicKey, privateKey } = await newKeys();
      const answersFor = names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
      const certificate = await X509CertificateGenerator.create({
        ...common,
        subject: nameOf(subject),
        issuer: authority.subject,
        publicKey,
        signingKey: keys.privateKey,
        extensions: [...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(answersFor)]), signedBy],
      });
      return { certificate: pem('CERTIFICATE', certificate.rawData), key: await privateKeyPem(privateKey) };
    },
  };
}

/** A signing key pair for service-account tokens, as PEM. */
export async function createSigningKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const { publicKey, privateKey } = await newKeys();
  return { privateKey: await privateKeyPem(privateKey), publicKey: pem('PUBLIC KEY', await webcrypto.subtle.exportKey('spki', publicKey)) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', key));
}

/** With a line end, so that several can be joined to one file. */
function pem(label: string, content: ArrayBuffer): string {
  return `${PemConverter.encode(content, label)}\n`;
}

function nameOf({ commonName, organization }: Subject) {
  return [...(organization === undefined ? [] : [{ O: [organization] }]), { CN: [commonName] }];
}
