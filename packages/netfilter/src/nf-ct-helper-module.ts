/** The helpers that a stack has. */
import type { KernelModule } from '@linnet/kernel';
import { NF_CT_FTP } from './nf-ct-ftp.ts';
import { NF_CT_HELPERS } from './nf-ct-helper.ts';
import { NF_CT_IRC } from './nf-ct-irc.ts';
import { NF_CT_TFTP } from './nf-ct-tftp.ts';
import { nfNat } from './nf-nat.ts';

/** The module: FTP, IRC and TFTP. No connection has a helper unless a rule says so. @public */
export const nfCtHelpers: KernelModule = {
  name: 'nf_conntrack_helpers',
  requires: [nfNat],
  init(k): void {
    k.set(NF_CT_HELPERS, [NF_CT_FTP, NF_CT_IRC, NF_CT_TFTP]);
  },
};
