/**
 * Socket and interface ioctls: netdevice(7), socket(7), arp(7).
 */

// Requests

/** ioctl: bytes in the send queue (tcp(7), udp(7)). @public */
export const SIOCOUTQ = 0x5411;
/** ioctl: bytes that can be read at once. @public */
export const FIONREAD = 0x541b;
/** ioctl: bytes that can be read (tcp(7), udp(7)). @public */
export const SIOCINQ = 0x541b;
/** ioctl: set or clear non-blocking mode. @public */
export const FIONBIO = 0x5421;
/** ioctl request (netdevice(7)): FIONCLEX. @public */
export const FIONCLEX = 0x5450;
/** ioctl request (netdevice(7)): FIOCLEX. @public */
export const FIOCLEX = 0x5451;
/** ioctl request (netdevice(7)): FIOASYNC. @public */
export const FIOASYNC = 0x5452;
/** ioctl request (netdevice(7)): FIOSETOWN. @public */
export const FIOSETOWN = 0x8901;
/** ioctl request (netdevice(7)): SPGRP. @public */
export const SIOCSPGRP = 0x8902;
/** ioctl request (netdevice(7)): FIOGETOWN. @public */
export const FIOGETOWN = 0x8903;
/** ioctl request (netdevice(7)): GPGRP. @public */
export const SIOCGPGRP = 0x8904;
/** ioctl: whether the next byte to read is urgent (tcp(7)). @public */
export const SIOCATMARK = 0x8905;
/** ioctl: time of the last packet (socket(7)). @public */
export const SIOCGSTAMP = 0x8906;
/** ioctl request (netdevice(7)): GSTAMP_OLD. @public */
export const SIOCGSTAMP_OLD = 0x8906;
/** ioctl request (netdevice(7)): GSTAMPNS. @public */
export const SIOCGSTAMPNS = 0x8907;
/** ioctl request (netdevice(7)): GSTAMPNS_OLD. @public */
export const SIOCGSTAMPNS_OLD = 0x8907;
/** ioctl request (netdevice(7)): ADDRT. @public */
export const SIOCADDRT = 0x890b;
/** ioctl request (netdevice(7)): DELRT. @public */
export const SIOCDELRT = 0x890c;
/** ioctl request (netdevice(7)): RTMSG. @public */
export const SIOCRTMSG = 0x890d;
/** ioctl: name of an interface by index (netdevice(7)). @public */
export const SIOCGIFNAME = 0x8910;
/** ioctl request (netdevice(7)): SIFLINK. @public */
export const SIOCSIFLINK = 0x8911;
/** ioctl: list of interfaces with addresses (netdevice(7)). @public */
export const SIOCGIFCONF = 0x8912;
/** ioctl: flags of an interface (netdevice(7)). @public */
export const SIOCGIFFLAGS = 0x8913;
/** ioctl: set flags of an interface (netdevice(7)). @public */
export const SIOCSIFFLAGS = 0x8914;
/** ioctl: address (netdevice(7)). @public */
export const SIOCGIFADDR = 0x8915;
/** ioctl: set the address (netdevice(7)). @public */
export const SIOCSIFADDR = 0x8916;
/** ioctl request (netdevice(7)): GIFDSTADDR. @public */
export const SIOCGIFDSTADDR = 0x8917;
/** ioctl request (netdevice(7)): SIFDSTADDR. @public */
export const SIOCSIFDSTADDR = 0x8918;
/** ioctl request (netdevice(7)): GIFBRDADDR. @public */
export const SIOCGIFBRDADDR = 0x8919;
/** ioctl request (netdevice(7)): SIFBRDADDR. @public */
export const SIOCSIFBRDADDR = 0x891a;
/** ioctl request (netdevice(7)): GIFNETMASK. @public */
export const SIOCGIFNETMASK = 0x891b;
/** ioctl request (netdevice(7)): SIFNETMASK. @public */
export const SIOCSIFNETMASK = 0x891c;
/** ioctl request (netdevice(7)): GIFMETRIC. @public */
export const SIOCGIFMETRIC = 0x891d;
/** ioctl request (netdevice(7)): SIFMETRIC. @public */
export const SIOCSIFMETRIC = 0x891e;
/** ioctl request (netdevice(7)): GIFMEM. @public */
export const SIOCGIFMEM = 0x891f;
/** ioctl request (netdevice(7)): SIFMEM. @public */
export const SIOCSIFMEM = 0x8920;
/** ioctl: MTU of an interface (netdevice(7)). @public */
export const SIOCGIFMTU = 0x8921;
/** ioctl: set the MTU (netdevice(7)). @public */
export const SIOCSIFMTU = 0x8922;
/** ioctl request (netdevice(7)): SIFNAME. @public */
export const SIOCSIFNAME = 0x8923;
/** ioctl: set the hardware address (netdevice(7)). @public */
export const SIOCSIFHWADDR = 0x8924;
/** ioctl request (netdevice(7)): GIFENCAP. @public */
export const SIOCGIFENCAP = 0x8925;
/** ioctl request (netdevice(7)): SIFENCAP. @public */
export const SIOCSIFENCAP = 0x8926;
/** ioctl: hardware address (netdevice(7)). @public */
export const SIOCGIFHWADDR = 0x8927;
/** ioctl request (netdevice(7)): GIFSLAVE. @public */
export const SIOCGIFSLAVE = 0x8929;
/** ioctl request (netdevice(7)): SIFSLAVE. @public */
export const SIOCSIFSLAVE = 0x8930;
/** ioctl request (netdevice(7)): ADDMULTI. @public */
export const SIOCADDMULTI = 0x8931;
/** ioctl request (netdevice(7)): DELMULTI. @public */
export const SIOCDELMULTI = 0x8932;
/** ioctl: index of an interface (netdevice(7)). @public */
export const SIOCGIFINDEX = 0x8933;
/** ioctl request (netdevice(7)): SIFPFLAGS. @public */
export const SIOCSIFPFLAGS = 0x8934;
/** ioctl request (netdevice(7)): GIFPFLAGS. @public */
export const SIOCGIFPFLAGS = 0x8935;
/** ioctl request (netdevice(7)): DIFADDR. @public */
export const SIOCDIFADDR = 0x8936;
/** ioctl request (netdevice(7)): SIFHWBROADCAST. @public */
export const SIOCSIFHWBROADCAST = 0x8937;
/** ioctl request (netdevice(7)): GIFCOUNT. @public */
export const SIOCGIFCOUNT = 0x8938;
/** ioctl request (netdevice(7)): GIFBR. @public */
export const SIOCGIFBR = 0x8940;
/** ioctl request (netdevice(7)): SIFBR. @public */
export const SIOCSIFBR = 0x8941;
/** ioctl request (netdevice(7)): GIFTXQLEN. @public */
export const SIOCGIFTXQLEN = 0x8942;
/** ioctl request (netdevice(7)): SIFTXQLEN. @public */
export const SIOCSIFTXQLEN = 0x8943;
/** ioctl: ethtool requests. @public */
export const SIOCETHTOOL = 0x8946;
/** ioctl request (netdevice(7)): GMIIPHY. @public */
export const SIOCGMIIPHY = 0x8947;
/** ioctl request (netdevice(7)): GMIIREG. @public */
export const SIOCGMIIREG = 0x8948;
/** ioctl request (netdevice(7)): SMIIREG. @public */
export const SIOCSMIIREG = 0x8949;
/** ioctl request (netdevice(7)): WANDEV. @public */
export const SIOCWANDEV = 0x894a;
/** ioctl: unsent bytes in the send queue. @public */
export const SIOCOUTQNSD = 0x894b;
/** ioctl request (netdevice(7)): GSKNS. @public */
export const SIOCGSKNS = 0x894c;
/** ioctl request (netdevice(7)): DARP. @public */
export const SIOCDARP = 0x8953;
/** ioctl request (netdevice(7)): GARP. @public */
export const SIOCGARP = 0x8954;
/** ioctl request (netdevice(7)): SARP. @public */
export const SIOCSARP = 0x8955;
/** ioctl request (netdevice(7)): DRARP. @public */
export const SIOCDRARP = 0x8960;
/** ioctl request (netdevice(7)): GRARP. @public */
export const SIOCGRARP = 0x8961;
/** ioctl request (netdevice(7)): SRARP. @public */
export const SIOCSRARP = 0x8962;
/** ioctl request (netdevice(7)): GIFMAP. @public */
export const SIOCGIFMAP = 0x8970;
/** ioctl request (netdevice(7)): SIFMAP. @public */
export const SIOCSIFMAP = 0x8971;
/** ioctl request (netdevice(7)): ADDDLCI. @public */
export const SIOCADDDLCI = 0x8980;
/** ioctl request (netdevice(7)): DELDLCI. @public */
export const SIOCDELDLCI = 0x8981;
/** ioctl request (netdevice(7)): GIFVLAN. @public */
export const SIOCGIFVLAN = 0x8982;
/** ioctl request (netdevice(7)): SIFVLAN. @public */
export const SIOCSIFVLAN = 0x8983;
/** ioctl request (netdevice(7)): BONDENSLAVE. @public */
export const SIOCBONDENSLAVE = 0x8990;
/** ioctl request (netdevice(7)): BONDRELEASE. @public */
export const SIOCBONDRELEASE = 0x8991;
/** ioctl request (netdevice(7)): BONDSETHWADDR. @public */
export const SIOCBONDSETHWADDR = 0x8992;
/** ioctl request (netdevice(7)): BONDSLAVEINFOQUERY. @public */
export const SIOCBONDSLAVEINFOQUERY = 0x8993;
/** ioctl request (netdevice(7)): BONDINFOQUERY. @public */
export const SIOCBONDINFOQUERY = 0x8994;
/** ioctl request (netdevice(7)): BONDCHANGEACTIVE. @public */
export const SIOCBONDCHANGEACTIVE = 0x8995;
/** ioctl request (netdevice(7)): BRADDBR. @public */
export const SIOCBRADDBR = 0x89a0;
/** ioctl request (netdevice(7)): BRDELBR. @public */
export const SIOCBRDELBR = 0x89a1;
/** ioctl request (netdevice(7)): BRADDIF. @public */
export const SIOCBRADDIF = 0x89a2;
/** ioctl request (netdevice(7)): BRDELIF. @public */
export const SIOCBRDELIF = 0x89a3;
/** ioctl request (netdevice(7)): SHWTSTAMP. @public */
export const SIOCSHWTSTAMP = 0x89b0;
/** ioctl request (netdevice(7)): GHWTSTAMP. @public */
export const SIOCGHWTSTAMP = 0x89b1;
/** ioctl request (netdevice(7)): PROTOPRIVATE. @public */
export const SIOCPROTOPRIVATE = 0x89e0;
/** ioctl request (netdevice(7)): DEVPRIVATE. @public */
export const SIOCDEVPRIVATE = 0x89f0;
/** ioctl request (netdevice(7)): GSTAMP_NEW. @public */
export const SIOCGSTAMP_NEW = 0x80108906;
/** ioctl request (netdevice(7)): GSTAMPNS_NEW. @public */
export const SIOCGSTAMPNS_NEW = 0x80108907;
