/** Detects disks that other machines write to as well, where their writes may show late. */
import { statfsSync } from 'node:fs';

/**
 * Types from statfs(2): NFS, SMB and CIFS, 9P, FUSE (SSHFS, most cluster file systems), AFS, Ceph, Lustre, GPFS,
 * BeeGFS, PanFS, GFS2, OCFS2.
 */
const NETWORK = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x5346414f, 0x00c36400, 0x0bd00bd0, 0x47504653,
  0x19830326, 0xaad7aaea, 0x01161970, 0x7461636f,
]);

/** Returns false if the type cannot be determined. */
export function isNetworkDisk(dir: string, typeOf: (dir: string) => number = (path) => statfsSync(path).type): boolean {
  try {
    return NETWORK.has(typeOf(dir) >>> 0);
  } catch {
    return false;
  }
}
