/** Which attributes requests of traffic control may carry. */
import { NLA_BINARY, NLA_BITFIELD32, NLA_FLAG, NLA_NESTED, NLA_STRING, NLA_U32, type NlaPolicyTable } from '@linnet/netlink';
import {
  TCA_CHAIN, TCA_DUMP_FLAGS, TCA_DUMP_INVISIBLE, TCA_EGRESS_BLOCK, TCA_INGRESS_BLOCK, TCA_KIND, TCA_MAX, TCA_RATE, TCA_STAB, TCA_STAB_BASE, TCA_STAB_DATA, TCA_STAB_MAX,
} from '@linnet/uapi';

/** The rules of TCA_* (rtm_tca_policy). @alpha */
export const RTM_TCA_POLICY: NlaPolicyTable = {
  maxtype: TCA_MAX,
  rules: {
    [TCA_KIND]: { type: NLA_STRING }, [TCA_RATE]: { type: NLA_BINARY, len: 2 }, [TCA_STAB]: { type: NLA_NESTED }, [TCA_DUMP_INVISIBLE]: { type: NLA_FLAG },
    [TCA_CHAIN]: { type: NLA_U32 }, [TCA_INGRESS_BLOCK]: { type: NLA_U32 }, [TCA_EGRESS_BLOCK]: { type: NLA_U32 },
  },
};

/** The rules of a filter dump's request. @alpha */
export const TFILTER_DUMP_POLICY: NlaPolicyTable = {
  maxtype: TCA_MAX,
  rules: { [TCA_CHAIN]: { type: NLA_U32 }, [TCA_DUMP_FLAGS]: { type: NLA_BITFIELD32, mask: 1 } },
};

/** The rules of TCA_STAB (stab_policy). @alpha */
export const STAB_POLICY: NlaPolicyTable = {
  maxtype: TCA_STAB_MAX,
  rules: { [TCA_STAB_BASE]: { type: NLA_BINARY, min: 24 }, [TCA_STAB_DATA]: { type: NLA_BINARY } },
};
