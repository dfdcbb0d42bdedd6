/**
 * Capabilities: capabilities(7).
 */

// Capabilities

/** Capability number (capabilities(7)): chown. @public */
export const CAP_CHOWN = 0;
/** Capability number (capabilities(7)): dac override. @public */
export const CAP_DAC_OVERRIDE = 1;
/** Capability number (capabilities(7)): dac read search. @public */
export const CAP_DAC_READ_SEARCH = 2;
/** Capability number (capabilities(7)): fowner. @public */
export const CAP_FOWNER = 3;
/** Capability number (capabilities(7)): fsetid. @public */
export const CAP_FSETID = 4;
/** Capability number (capabilities(7)): kill. @public */
export const CAP_KILL = 5;
/** Capability number (capabilities(7)): setgid. @public */
export const CAP_SETGID = 6;
/** Capability number (capabilities(7)): setuid. @public */
export const CAP_SETUID = 7;
/** Capability number (capabilities(7)): setpcap. @public */
export const CAP_SETPCAP = 8;
/** Capability number (capabilities(7)): linux immutable. @public */
export const CAP_LINUX_IMMUTABLE = 9;
/** Capability number (capabilities(7)): net bind service. @public */
export const CAP_NET_BIND_SERVICE = 10;
/** Capability number (capabilities(7)): net broadcast. @public */
export const CAP_NET_BROADCAST = 11;
/** Capability number (capabilities(7)): net admin. @public */
export const CAP_NET_ADMIN = 12;
/** Capability number (capabilities(7)): net raw. @public */
export const CAP_NET_RAW = 13;
/** Capability number (capabilities(7)): ipc lock. @public */
export const CAP_IPC_LOCK = 14;
/** Capability number (capabilities(7)): ipc owner. @public */
export const CAP_IPC_OWNER = 15;
/** Capability number (capabilities(7)): sys module. @public */
export const CAP_SYS_MODULE = 16;
/** Capability number (capabilities(7)): sys rawio. @public */
export const CAP_SYS_RAWIO = 17;
/** Capability number (capabilities(7)): sys chroot. @public */
export const CAP_SYS_CHROOT = 18;
/** Capability number (capabilities(7)): sys ptrace. @public */
export const CAP_SYS_PTRACE = 19;
/** Capability number (capabilities(7)): sys pacct. @public */
export const CAP_SYS_PACCT = 20;
/** Capability number (capabilities(7)): sys admin. @public */
export const CAP_SYS_ADMIN = 21;
/** Capability number (capabilities(7)): sys boot. @public */
export const CAP_SYS_BOOT = 22;
/** Capability number (capabilities(7)): sys nice. @public */
export const CAP_SYS_NICE = 23;
/** Capability number (capabilities(7)): sys resource. @public */
export const CAP_SYS_RESOURCE = 24;
/** Capability number (capabilities(7)): sys time. @public */
export const CAP_SYS_TIME = 25;
/** Capability number (capabilities(7)): sys tty config. @public */
export const CAP_SYS_TTY_CONFIG = 26;
/** Capability number (capabilities(7)): mknod. @public */
export const CAP_MKNOD = 27;
/** Capability number (capabilities(7)): lease. @public */
export const CAP_LEASE = 28;
/** Capability number (capabilities(7)): audit write. @public */
export const CAP_AUDIT_WRITE = 29;
/** Capability number (capabilities(7)): audit control. @public */
export const CAP_AUDIT_CONTROL = 30;
/** Capability number (capabilities(7)): setfcap. @public */
export const CAP_SETFCAP = 31;
/** Capability number (capabilities(7)): mac override. @public */
export const CAP_MAC_OVERRIDE = 32;
/** Capability number (capabilities(7)): mac admin. @public */
export const CAP_MAC_ADMIN = 33;
/** Capability number (capabilities(7)): syslog. @public */
export const CAP_SYSLOG = 34;
/** Capability number (capabilities(7)): wake alarm. @public */
export const CAP_WAKE_ALARM = 35;
/** Capability number (capabilities(7)): block suspend. @public */
export const CAP_BLOCK_SUSPEND = 36;
/** Capability number (capabilities(7)): audit read. @public */
export const CAP_AUDIT_READ = 37;
/** Capability number (capabilities(7)): perfmon. @public */
export const CAP_PERFMON = 38;
/** Capability number (capabilities(7)): bpf. @public */
export const CAP_BPF = 39;
/** Capability number (capabilities(7)): checkpoint restore. @public */
export const CAP_CHECKPOINT_RESTORE = 40;
