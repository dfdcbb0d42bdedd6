/**
 * Generic netlink and its controller family "nlctrl".
 */

// Header and ids

/** Generic netlink: admin perm. @public */
export const GENL_ADMIN_PERM = 0x1;
/** Generic netlink: cmd cap do. @public */
export const GENL_CMD_CAP_DO = 0x2;
/** Generic netlink: cmd cap dump. @public */
export const GENL_CMD_CAP_DUMP = 0x4;
/** Generic netlink: hdrlen. @public */
export const GENL_HDRLEN = 0x4;
/** Generic netlink: cmd cap haspol. @public */
export const GENL_CMD_CAP_HASPOL = 0x8;
/** Generic netlink: id ctrl. @public */
export const GENL_ID_CTRL = 0x10;
/** Generic netlink: min id. @public */
export const GENL_MIN_ID = 0x10;
/** Generic netlink: namsiz. @public */
export const GENL_NAMSIZ = 0x10;
/** Generic netlink: uns admin perm. @public */
export const GENL_UNS_ADMIN_PERM = 0x10;
/** Generic netlink: id vfs dquot. @public */
export const GENL_ID_VFS_DQUOT = 0x11;
/** Generic netlink: id pmcraid. @public */
export const GENL_ID_PMCRAID = 0x12;
/** Generic netlink: start alloc. @public */
export const GENL_START_ALLOC = 0x13;
/** Generic netlink: max id. @public */
export const GENL_MAX_ID = 0x3ff;

// Controller commands

/** Controller command: unspec. @public */
export const CTRL_CMD_UNSPEC = 0;
/** Controller command: newfamily. @public */
export const CTRL_CMD_NEWFAMILY = 1;
/** Controller command: delfamily. @public */
export const CTRL_CMD_DELFAMILY = 2;
/** Controller command: getfamily. @public */
export const CTRL_CMD_GETFAMILY = 3;
/** Controller command: newops. @public */
export const CTRL_CMD_NEWOPS = 4;
/** Controller command: delops. @public */
export const CTRL_CMD_DELOPS = 5;
/** Controller command: getops. @public */
export const CTRL_CMD_GETOPS = 6;
/** Controller command: newmcast grp. @public */
export const CTRL_CMD_NEWMCAST_GRP = 7;
/** Controller command: delmcast grp. @public */
export const CTRL_CMD_DELMCAST_GRP = 8;
/** Controller command: getmcast grp. @public */
export const CTRL_CMD_GETMCAST_GRP = 9;
/** Controller command: getpolicy. @public */
export const CTRL_CMD_GETPOLICY = 10;
/** Controller command: max. @public */
export const CTRL_CMD_MAX = 10;

// Controller attributes

/** Controller attribute: mcast grp unspec. @public */
export const CTRL_ATTR_MCAST_GRP_UNSPEC = 0;
/** Controller attribute: op unspec. @public */
export const CTRL_ATTR_OP_UNSPEC = 0;
/** Controller attribute: policy unspec. @public */
export const CTRL_ATTR_POLICY_UNSPEC = 0;
/** Controller attribute: unspec. @public */
export const CTRL_ATTR_UNSPEC = 0;
/** Controller attribute: family id. @public */
export const CTRL_ATTR_FAMILY_ID = 1;
/** Controller attribute: mcast grp name. @public */
export const CTRL_ATTR_MCAST_GRP_NAME = 1;
/** Controller attribute: op id. @public */
export const CTRL_ATTR_OP_ID = 1;
/** Controller attribute: policy do. @public */
export const CTRL_ATTR_POLICY_DO = 1;
/** Controller attribute: family name. @public */
export const CTRL_ATTR_FAMILY_NAME = 2;
/** Controller attribute: mcast grp id. @public */
export const CTRL_ATTR_MCAST_GRP_ID = 2;
/** Controller attribute: mcast grp max. @public */
export const CTRL_ATTR_MCAST_GRP_MAX = 2;
/** Controller attribute: op flags. @public */
export const CTRL_ATTR_OP_FLAGS = 2;
/** Controller attribute: op max. @public */
export const CTRL_ATTR_OP_MAX = 2;
/** Controller attribute: policy dump. @public */
export const CTRL_ATTR_POLICY_DUMP = 2;
/** Controller attribute: policy dump max. @public */
export const CTRL_ATTR_POLICY_DUMP_MAX = 2;
/** Controller attribute: policy max. @public */
export const CTRL_ATTR_POLICY_MAX = 2;
/** Controller attribute: version. @public */
export const CTRL_ATTR_VERSION = 3;
/** Controller attribute: hdrsize. @public */
export const CTRL_ATTR_HDRSIZE = 4;
/** Controller attribute: maxattr. @public */
export const CTRL_ATTR_MAXATTR = 5;
/** Controller attribute: ops. @public */
export const CTRL_ATTR_OPS = 6;
/** Controller attribute: mcast groups. @public */
export const CTRL_ATTR_MCAST_GROUPS = 7;
/** Controller attribute: policy. @public */
export const CTRL_ATTR_POLICY = 8;
/** Controller attribute: op policy. @public */
export const CTRL_ATTR_OP_POLICY = 9;
/** Controller attribute: max. @public */
export const CTRL_ATTR_MAX = 10;
/** Controller attribute: op. @public */
export const CTRL_ATTR_OP = 10;
