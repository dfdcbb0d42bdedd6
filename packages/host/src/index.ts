/**
 * The way out to a real machine: TAP devices and pcapng files.
 *
 * @packageDocumentation
 */
export { attachTap } from './attach-tap.ts';
export type { AttachedTap, AttachTapOptions } from './attach-tap.ts';
export { captureDevice, captureEpoch } from './capture.ts';
export type { CaptureDeviceOptions, DeviceCapture } from './capture.ts';
export { HostError } from './errors.ts';
export type { FdWatch, Ffi, SocketFfi } from './ffi.ts';
export { koffiFfi } from './ffi-koffi.ts';
export { withNetns } from './namespace.ts';
export { hostNetlink, type HostNetlinkOptions } from './netlink.ts';
export {
  LINKTYPE_ETHERNET, LINKTYPE_RAW, PCAPNG_BYTE_ORDER_MAGIC, PCAPNG_EPB, PCAPNG_IDB, PCAPNG_INBOUND, PCAPNG_ISB, PCAPNG_OUTBOUND, PCAPNG_SHB,
  PcapngWriter,
} from './pcapng.ts';
export type { PcapngInterface, PcapngOptions } from './pcapng.ts';
export { openPcapngFile } from './pcapng-file.ts';
export type { PcapngFile, PcapngFileOptions } from './pcapng-file.ts';
export { readPcapng } from './pcapng-reader.ts';
export type { PcapngCapture, PcapngInterfaceRecord, PcapngPacketRecord } from './pcapng-reader.ts';
export { openTap } from './tap.ts';
export type { TapFd, OpenTapOptions } from './tap.ts';
export { checkMachine, controlPath, runningMachines } from './control/machines.ts';
export type { RunningMachine } from './control/machines.ts';
export { serveControl } from './control/server.ts';
export type { ControlOptions, ControlServer } from './control/server.ts';
export { preloadLibrary } from './control/build.ts';
export { preloadEnv } from './control/env.ts';
export type { PreloadOptions } from './control/env.ts';
export { checkProgram } from './control/program.ts';
