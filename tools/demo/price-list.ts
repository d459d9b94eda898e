import { readFileSync } from 'node:fs';

/** Prices as OpenLIT reads them: USD for 1000 tokens. */
export interface PriceList {
  readonly chat: Readonly<Record<string, { readonly promptPrice: number; readonly completionPrice: number }>>;
  readonly embeddings: Readonly<Record<string, number>>;
}

/** The list that the bootstrap ships and the operator mounts. */
export function shippedPrices(): PriceList {
  return JSON.parse(readFileSync(new URL('../../bootstrap/python/pricing.json', import.meta.url), 'utf8')) as PriceList;
}
