/** STRSET_GET: sets of strings, of the whole machine or of a device. */
import { EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import { ETHTOOL_STRING_SETS, ethtoolStrings, ethtoolStringsPerDevice, type NetDevice } from '@linnet/netdev';
import { NLA_F_NESTED, nlaFlags, nlaGetU32, nlaLen, nlaNext, nlaOk, type NlWriter } from '@linnet/uapi';
import * as A from './ethtool-nl-abi.ts';
import type { EthnlGet } from './ethtool-nl-get.ts';
import { nlSetErrAttrMiss, nlSetErrMsg, nlSetErrMsgAttr } from './extack.ts';
import { NL_VALIDATE_STRICT, NLA_NESTED, NLA_U32, nlaParseNestedPolicy, type NlaPolicyTable } from './nla-policy.ts';
import type { NlRequest } from './request.ts';

const SET_POLICY: NlaPolicyTable = { maxtype: A.ETHTOOL_A_STRINGSET_ID, rules: { [A.ETHTOOL_A_STRINGSET_ID]: { type: NLA_U32 } } };
const SETS_POLICY: NlaPolicyTable = { maxtype: A.ETHTOOL_A_STRINGSETS_STRINGSET, rules: { [A.ETHTOOL_A_STRINGSETS_STRINGSET]: { type: NLA_NESTED } } };

interface Wants {
  /** The sets asked for; null for all that belong to the device, or to none. */
  readonly sets: ReadonlySet<number> | null;
  readonly countsOnly: boolean;
}

/** The numbers in ETHTOOL_A_STRSET_STRINGSETS, or a negative errno. */
function parseSets(req: NlRequest, nest: number): Set<number> | number {
  const { view } = req;
  const top = new Int32Array(A.ETHTOOL_A_STRINGSETS_STRINGSET + 1);
  let err = nlaParseNestedPolicy(req, nest, top, SETS_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  const sets = new Set<number>();
  const end = nest + 4 + nlaLen(view, nest);
  for (let at = nest + 4; nlaOk(view, at, end - at); at = nlaNext(view, at)) {
    if ((nlaFlags(view, at) & NLA_F_NESTED) === 0) return -EINVAL;
    const tb = new Int32Array(A.ETHTOOL_A_STRINGSET_ID + 1);
    err = nlaParseNestedPolicy(req, at, tb, SET_POLICY, NL_VALIDATE_STRICT);
    if (err < 0) return err;
    if (tb[A.ETHTOOL_A_STRINGSET_ID] === 0) {
      nlSetErrAttrMiss(req.extack, at, A.ETHTOOL_A_STRINGSET_ID);
      return -EINVAL;
    }
    const id = nlaGetU32(view, tb[A.ETHTOOL_A_STRINGSET_ID]!);
    if (!ETHTOOL_STRING_SETS.includes(id)) {
      nlSetErrMsgAttr(req.extack, at, 'unknown string set id');
      return -EOPNOTSUPP;
    }
    sets.add(id);
  }
  return sets;
}

function putSet(w: NlWriter, id: number, list: readonly string[], countsOnly: boolean): void {
  w.nestStart(A.ETHTOOL_A_STRINGSETS_STRINGSET);
  w.putU32(A.ETHTOOL_A_STRINGSET_ID, id);
  w.putU32(A.ETHTOOL_A_STRINGSET_COUNT, list.length);
  if (!countsOnly) {
    w.nestStart(A.ETHTOOL_A_STRINGSET_STRINGS);
    list.forEach((text, i) => {
      w.nestStart(A.ETHTOOL_A_STRINGS_STRING);
      w.putU32(A.ETHTOOL_A_STRING_INDEX, i);
      w.putString(A.ETHTOOL_A_STRING_VALUE, text);
      w.nestEnd();
    });
    w.nestEnd();
  }
  w.nestEnd();
}

/** The request. */
export const STRSET: EthnlGet = {
  cmd: A.ETHTOOL_MSG_STRSET_GET, reply: A.ETHTOOL_MSG_STRSET_GET_REPLY, header: A.ETHTOOL_A_STRSET_HEADER, noDev: true,
  parse(req, tb): Wants | number {
    const countsOnly = tb[A.ETHTOOL_A_STRSET_COUNTS_ONLY] !== 0;
    if (tb[A.ETHTOOL_A_STRSET_STRINGSETS] === 0) return { sets: null, countsOnly };
    const sets = parseSets(req, tb[A.ETHTOOL_A_STRSET_STRINGSETS]!);
    return typeof sets === 'number' ? sets : { sets, countsOnly };
  },
  fill(w, dev: NetDevice | null, _hdr, wants, req): number {
    const { sets, countsOnly } = wants as Wants;
    const chosen = ETHTOOL_STRING_SETS.filter((id) => (sets !== null ? sets.has(id) : ethtoolStringsPerDevice(id) === (dev !== null)));
    if (dev === null && chosen.some(ethtoolStringsPerDevice)) {
      if (req !== null) nlSetErrMsg(req.extack, 'requested per device strings without dev');
      return -EINVAL;
    }
    w.nestStart(A.ETHTOOL_A_STRSET_STRINGSETS);
    for (const id of chosen) {
      const list = ethtoolStrings(dev, id);
      if (list !== null && list.length > 0) putSet(w, id, list, countsOnly);
    }
    w.nestEnd();
    return 0;
  },
};
