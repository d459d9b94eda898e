import { describe, expect, it } from '@jest/globals';
import { cpuQuantity, memoryQuantity } from '../../../charts/quantity.ts';

describe('a quantity is written as the API server returns it', () => {
  it.each([
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1Gi', '1Gi'],
    ['2048Gi', '2Ti'],
    ['0Mi', '0'],
  ])('memory %s is %s', (given, canonical) => {
    expect(memoryQuantity(given).value).toBe(canonical);
  });

  it.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1.5', '1500m'],
    ['250m', '250m'],
    ['2', '2'],
    ['0.001', '1m'],
    ['0', '0'],
  ])('CPU %s is %s', (given, canonical) => {
    expect(cpuQuantity(given).value).toBe(canonical);
  });

  it('is refused with its value when it cannot be one', () => {
    expect(() => memoryQuantity('1GB')).toThrow('quantity "1GB"');
    expect(() => cpuQuantity('0.0001')).toThrow('CPU quantity "0.0001"');
    expect(() => cpuQuantity('half')).toThrow('CPU quantity "half"');
  });
});
