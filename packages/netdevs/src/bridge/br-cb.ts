/** What the scratch fields of an skb mean while a bridge has it (struct br_input_skb_cb): cb0 flags, cb1 the type of an IGMP or MLD message, cb2 its version. */
export const CB_MROUTERS_ONLY = 1;
export const CB_SRC_ISOLATED = 2;
export const CB_VLAN_FILTERED = 4;
export const CB_PROXYARP_REPLIED = 8;
export const CB_PROMISC = 16;
export const CB_IGMP = 32;
