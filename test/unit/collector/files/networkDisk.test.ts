import { expect, it } from 'vitest';
import { isNetworkDisk } from '../../../../src/collector/files/networkDisk';

it.each([
  ['NFS', 0x6969, true],
  ['CIFS, as a signed number too', 0xff534d42 | 0, true],
  ['FUSE', 0x65735546, true],
  ['ext4', 0xef53, false],
  ['tmpfs', 0x01021994, false],
])('a disk of type %s is classified as local or as a network disk', (_name, type, isNetwork) =>
  expect(isNetworkDisk('/', () => type)).toBe(isNetwork),
);

it('a disk of unknown type does not count as a network disk', () => {
  expect(isNetworkDisk('/nowhere/at/all')).toBe(false);
  expect(isNetworkDisk('/')).toEqual(expect.any(Boolean));
});
