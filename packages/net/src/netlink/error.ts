/** What a kernel said against a request. */
import { SystemError } from '@linnet/kernel';

/**
 * The extended acknowledgement of a refused request (NLMSGERR_ATTR_*).
 * @public
 */
export interface ExtAck {
  /** The kernel's text, or empty. */
  readonly message: string;
  /** Where in the request, in bytes from its start, the offending attribute is; 0 when the kernel does not say. */
  readonly offset: number;
  /** The type of an attribute that is missing, and of the nest (by its offset) that it is missing in; 0 when none is. */
  readonly missingType: number;
  readonly missingNest: number;
}

/** Nothing said. */
export const NO_EXTACK: ExtAck = Object.freeze({ message: '', offset: 0, missingType: 0, missingNest: 0 });

/**
 * A netlink request was refused. `code` and `errno` are the kernel's, `syscall` is the message's name ('RTM_NEWROUTE').
 * @public
 */
export class NetlinkError extends SystemError {
  /** What the kernel said beside the errno: its text, or empty. */
  readonly extack: string;
  /** Where in the request, in bytes from its start, the fault is; 0 when the kernel does not say. */
  readonly offset: number;
  /** The type of an attribute that is missing; 0 when none is. */
  readonly missingType: number;
  readonly missingNest: number;

  constructor(errno: number, message: string, what: string, extack: ExtAck = NO_EXTACK) {
    const said = extack.message !== '' ? extack.message : extack.missingType !== 0 ? `attribute ${extack.missingType} is missing` : '';
    super(errno, message, [what, said].filter((s) => s !== '').join(': '));
    this.name = 'NetlinkError';
    this.extack = said;
    this.offset = extack.offset;
    this.missingType = extack.missingType;
    this.missingNest = extack.missingNest;
  }
}
